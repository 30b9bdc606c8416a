"""First wealth purchase: learns a planted relation, stays below its oracle, and its probabilities are true."""

from pathlib import Path

import numpy as np
import pytest

from features.frame import Frame
from models import conformance
from models.evaluation.calibration import slope_and_intercept
from models.evaluation.discrimination import auc
from models.evaluation.propensity import evaluate
from models.worker import load_code

FOLDER = Path(__file__).parent
MONTHS = np.array([f"2025-{month:02d}-28" for month in range(4, 10)], dtype="datetime64[D]")


def planted(rows: int, seed: int, kept_share: float = 1.0) -> tuple[Frame, np.ndarray, np.ndarray]:
    """(frame, target, true probability): logit = -3.2 + 1.1 index of three features; negatives may be sampled."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 8)).astype(np.float32)
    index = (values[:, 0] + values[:, 1] + values[:, 2]) / np.sqrt(3)
    probability = 1 / (1 + np.exp(3.2 - 1.1 * index))
    target = (random.random(rows) < probability).astype(np.int8)
    keep = (target == 1) | (random.random(rows) < kept_share)
    weights = np.where(target == 1, 1, 1 / kept_share).astype(np.float32)
    values[random.random(values.shape) < 0.03] = np.nan
    frame = Frame(tuple(f"f{i}" for i in range(8)), np.asfortranarray(values), np.sort(random.choice(MONTHS, rows)), weights)
    return frame.take(keep), target[keep], probability[keep]


@pytest.fixture(scope="module")
def trained():
    code = load_code(FOLDER)
    frame, target, _ = planted(24_000, 1, kept_share=0.3)
    return code, code.train(frame, target, 9)


def test_it_ranks_nearly_as_well_as_the_oracle_and_never_better(trained):
    code, estimator = trained
    frame, target, truth = planted(40_000, 2)
    found, best = auc(target, code.score(estimator, frame)), auc(target, truth)
    assert best - 0.05 < found < best + 0.005


def test_probabilities_are_true_though_negatives_were_sampled(trained):
    code, estimator = trained
    frame, target, truth = planted(40_000, 2)
    score = code.score(estimator, frame)
    assert score.mean() == pytest.approx(truth.mean(), rel=0.15)
    slope, _ = slope_and_intercept(target, score, np.ones(len(score)))
    assert 0.8 < slope < 1.25


def test_one_date_is_calibrated_by_chance():
    code = load_code(FOLDER)
    frame, target, _ = planted(4_000, 3)
    one = Frame(frame.columns, frame.values, np.full(len(frame), MONTHS[0]), frame.weights)
    assert auc(target, code.score(code.train(one, target, 1), one)) > 0.7


def test_a_feature_that_has_no_value_yet_is_ignored():
    code = load_code(FOLDER)
    frame, target, _ = planted(4_000, 3)

    def with_last(value: float) -> Frame:
        values = np.column_stack([frame.values, np.full(len(frame), value, dtype=np.float32)])
        return Frame((*frame.columns, "young"), np.asfortranarray(values), frame.as_of_dates, frame.weights)

    estimator = code.train(with_last(np.nan), target, 1)
    scored = code.score(estimator, with_last(np.nan))
    assert auc(target, scored) > 0.7
    assert (scored == code.score(estimator, with_last(5))).all()


def test_a_planted_leak_is_named():
    frame, target, _ = planted(8_000, 4)
    values = np.asfortranarray(np.column_stack([frame.values, target + 0.01 * frame.values[:, 3]]).astype(np.float32))
    leaky = Frame((*frame.columns, "answer"), values, frame.as_of_dates, frame.weights)
    report = evaluate(load_code(FOLDER), leaky, target, 1, 30)
    assert report["leak_check"] == {"status": "warned", "suspects": ["answer"], "limit": 0.9}


def test_conformance():
    assert conformance.check(FOLDER) == []
