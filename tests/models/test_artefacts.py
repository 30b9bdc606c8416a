"""Artefacts: the same bytes in every process, only allowed types, never a file that is not the registered one."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from features import files
from features.errors import KehuError
from features.settings import ROOT
from models import artefacts

RANDOM = np.random.default_rng(1)
VALUES = RANDOM.normal(size=(600, 4)).astype(np.float32)
TARGET = (VALUES[:, 0] + RANDOM.normal(size=600) > 0.5).astype(int)


def boosted():
    trees = HistGradientBoostingClassifier(max_iter=15, random_state=1).fit(VALUES, TARGET)
    return CalibratedClassifierCV(FrozenEstimator(trees)).fit(VALUES, TARGET)


def clustered():
    return make_pipeline(StandardScaler(), KMeans(3, random_state=1)).fit(VALUES)


@pytest.mark.parametrize("make", [boosted, clustered])
def test_a_round_trip_predicts_the_same(make, tmp_path):
    estimator = make()
    digest = artefacts.save(estimator, tmp_path / "model.skops")
    loaded = artefacts.load(tmp_path / "model.skops", digest)
    assert np.array_equal(loaded.predict(VALUES), estimator.predict(VALUES))


def test_probabilities_survive_to_the_last_bit(tmp_path):
    estimator = boosted()
    loaded = artefacts.load(tmp_path / "m", artefacts.save(estimator, tmp_path / "m"))
    assert np.array_equal(loaded.predict_proba(VALUES), estimator.predict_proba(VALUES))


def test_another_process_writes_the_same_bytes(tmp_path):
    here = artefacts.save(clustered(), tmp_path / "here")
    code = ("import sys; sys.path.insert(0, 'tests/models'); from test_artefacts import artefacts, clustered; "
            f"from pathlib import Path; print(artefacts.save(clustered(), Path({str(tmp_path / 'there')!r})))")
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == here


def test_functions_are_not_allowed_in(tmp_path):
    with pytest.raises(KehuError, match="not on the allow-list.*test_artefacts"):
        artefacts.save(make_pipeline(FunctionTransformer(_own), StandardScaler()).fit(VALUES), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_changed_file_is_refused(tmp_path):
    digest = artefacts.save(clustered(), tmp_path / "m")
    (tmp_path / "m").write_bytes((tmp_path / "m").read_bytes() + b"x")
    with pytest.raises(KehuError, match="not the file that was registered"):
        artefacts.load(tmp_path / "m", digest)


def test_a_missing_file_names_the_mend(tmp_path):
    with pytest.raises(KehuError, match="is missing") as failure:
        artefacts.load(tmp_path / "v1" / "m", "0")
    assert "kehu models train" in failure.value.fix


def test_a_pickle_runs_nothing(tmp_path):
    marker = tmp_path / "ran"
    path = tmp_path / "m"
    path.write_bytes(pickle.dumps(_Bomb(str(marker))))
    with pytest.raises(Exception, match="zip"):
        artefacts.load(path, files.sha256(path))
    assert not marker.exists()


def _own(values):
    return values


class _Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))
