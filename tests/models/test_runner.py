"""A plug-in that crashes, hangs, prints or kills its process is an answer, and the next request works."""

import numpy as np
import pytest

from models import conformance, registry
from models.runner import PluginFailed

GOOD = '''
import numpy as np
from sklearn.linear_model import LogisticRegression

def train(frame, target, seed):
    print("noise that must not reach the answers")
    return LogisticRegression().fit(np.nan_to_num(frame.values), target)

def score(estimator, frame):
    print("more noise", flush=True)
    return estimator.predict_proba(np.nan_to_num(frame.values))[:, 1]
'''


def asked(worker, folder, tmp_path):
    """Trains the plug-in of a folder; returns (plug-in, frame, artefact path, answer)."""
    plugin = registry.read(folder)[0]
    frame, target = conformance.made_up(plugin)
    artefact = tmp_path / "artefact" / "model.skops"
    return plugin, frame, artefact, worker.train(plugin, frame, target, artefact)


def test_what_a_plugin_prints_disturbs_nothing(worker, plugin_folder, tmp_path):
    plugin, frame, artefact, found = asked(worker, plugin_folder(code=GOOD), tmp_path)
    assert found["metrics"]["split"] == "time" and len(found["artefact_hash"]) == 64
    assert worker.score(plugin, frame, artefact, found["artefact_hash"]).shape == (len(frame),)


@pytest.mark.parametrize(("crash", "reason"), [
    ("import os; os._exit(3)", "exit code 3"), ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
    ("raise KeyError('aum')", r"KeyError: 'aum' \(model.py line"), ("raise SystemExit(1)", "exit code 1"), ("import os; os._exit(0)", "exit code 0"),
    ("import time; time.sleep(60)", "took longer than 1 s")])
def test_a_crash_is_an_answer_and_the_next_request_works(worker, plugin_folder, tmp_path, crash, reason):
    plugin, frame, artefact, found = asked(worker, plugin_folder(code=GOOD), tmp_path)
    bad = plugin_folder("bad", code=GOOD.replace('    print("more noise", flush=True)', f"    {crash}"),
                        limits={"score_seconds": 1})
    with pytest.raises(PluginFailed, match=reason):
        worker.score(registry.read(bad)[0], frame, artefact, found["artefact_hash"])
    assert np.isfinite(worker.score(plugin, frame, artefact, found["artefact_hash"])).all()


def test_the_trace_is_kept_for_the_log(worker, plugin_folder, tmp_path):
    with pytest.raises(PluginFailed) as failure:
        asked(worker, plugin_folder(code="import nonsense_package\n"), tmp_path)
    assert "nonsense_package" in failure.value.reason and "Traceback" in failure.value.trace
    assert "\n" not in failure.value.line()


def test_siblings_can_be_imported_and_names_stay_apart(worker, plugin_folder, tmp_path):
    folders = [plugin_folder(name, code=GOOD + "\nfrom .constants import SHARE\n"
                             "def score(estimator, frame):\n    return np.full(len(frame), SHARE)\n") for name in ("one", "two")]
    for folder, share in zip(folders, (0.25, 0.75), strict=True):
        (folder / "constants.py").write_text(f"SHARE = {share}\n")
    for folder, share in zip(folders, (0.25, 0.75), strict=True):
        plugin, frame, artefact, found = asked(worker, folder, tmp_path)
        assert set(worker.score(plugin, frame, artefact, found["artefact_hash"])) == {share}


def test_the_exchange_folder_is_empty_afterwards(worker, plugin_folder, tmp_path):
    plugin, frame, artefact, found = asked(worker, plugin_folder(code=GOOD), tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    worker.score(plugin, frame, artefact, found["artefact_hash"], scratch)
    assert list(scratch.iterdir()) == []
