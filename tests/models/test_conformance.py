"""Every kind of bad plug-in is refused under the name of what is wrong with it; the template passes."""

import pytest

from models import conformance

TRAIN = '''
import numpy as np
from sklearn.linear_model import LogisticRegression

def train(frame, target, seed):
    return LogisticRegression().fit(np.nan_to_num(frame.values), target)
'''
SCORE = '''
def score(estimator, frame):
    return estimator.predict_proba(np.nan_to_num(frame.values))[:, 1]
'''
BAD = {
    "train": ("def train(frame, target, seed):\n    return 1 / 0\n" + SCORE, {}),
    "length": (TRAIN + "def score(estimator, frame):\n    return np.full(len(frame) + 1, 0.5)\n", {}),
    "finite": (TRAIN + "def score(estimator, frame):\n    return frame.values[:, 0]\n", {}),
    "range": (TRAIN + "def score(estimator, frame):\n    return np.nan_to_num(frame.values[:, 0]) + 2\n", {}),
    "varies": (TRAIN + "def score(estimator, frame):\n    return np.full(len(frame), 0.5)\n", {}),
    "order_independent": (TRAIN + SCORE.replace("[:, 1]", "[:, 1].argsort().argsort() / len(frame)"), {}),
    "one_row": (TRAIN + SCORE.replace("    return", "    assert len(frame) > 5\n    return"), {}),
    "missing_values": (TRAIN + SCORE.replace("    return", "    assert not np.isnan(frame.values).all()\n    return"), {}),
    "input": (TRAIN.replace("    return", "    frame.values[0, 0] = 1\n    return") + SCORE, {}),
    "artefact": ("class Own:\n    pass\n\ndef train(frame, target, seed):\n    return Own()\n" + SCORE, {}),
    "deterministic": (TRAIN.replace("import numpy as np", "import numpy as np\nimport os").replace(
        "target)", "target if os.urandom(1) else 0, np.frombuffer(os.urandom(len(target)), np.uint8) + 1.0)") + SCORE, {}),
    "time": ("import time\n\ndef train(frame, target, seed):\n    time.sleep(60)\n" + SCORE,
             {"limits": {"train_seconds": 1}}),
    "memory": ("import numpy as np\n\ndef train(frame, target, seed):\n    np.ones((10_000, 100_000))\n" + SCORE,
               {"limits": {"memory_mb": 512}}),
    "requirements": (None, {"requirements": ["scikit-learn>=99"]}),
    "manifest": (None, {"target": None}),
}


@pytest.mark.parametrize("check", BAD)
def test_each_fault_is_named(check, plugin_folder, worker):
    code, changes = BAD[check]
    found = conformance.check(plugin_folder(code=code, **changes), worker)
    assert [failure.check for failure in found] == [check]
    assert found[0].reason and found[0].fix


def test_the_template_passes(plugin_folder, worker):
    assert conformance.check(plugin_folder(), worker) == []


def test_missing_readme_and_test_are_named(plugin_folder, worker):
    folder = plugin_folder()
    (folder / "README.md").unlink()
    (folder / "test_sample.py").unlink()
    assert {failure.check for failure in conformance.check(folder, worker)} == {"readme", "test_file"}


def test_an_incomplete_output_tag_is_named(plugin_folder):
    folder = plugin_folder(output_tag={"code": "TAG-S02", "id": "x"})
    answer = conformance.answer(folder)
    assert not answer["passed"] and {row["check"] for row in answer["failures"]} == {"output_tag"}
    assert any("name_zh" in row["reason"] for row in answer["failures"])


def test_a_segmentation_outside_its_segments_is_refused(plugin_folder, worker):
    tag = {"code": "TAG-S07", "id": "s", "name_zh": "客", "name_en": "s", "domain": "motives", "kind": "model",
           "use": "evaluation", "stage": "cognition", "value_type": "text", "allowed_values": ["a", "b"], "null_rule": "-",
           "window": "90d", "definition_zh": "客", "definition_en": "s", "inputs": ["x"], "owner": "o",
           "sensitivity": "internal", "valid_days": 1, "status": "draft", "version": 1}
    code = ("import numpy as np\nfrom sklearn.cluster import KMeans\n\ndef train(frame, target, seed):\n"
            "    return KMeans(3, random_state=seed).fit(np.nan_to_num(frame.values))\n\ndef score(estimator, frame):\n"
            "    return estimator.predict(np.nan_to_num(frame.values))\n")
    folder = plugin_folder(code=code, kind="segmentation", target=None, horizon_days=None, output_tag=tag,
                           segments=[{"id": name, "name_zh": "客", "name_en": name} for name in "ab"])
    assert [failure.check for failure in conformance.check(folder, worker)] == ["range"]
