"""Gradient boosting for the first wealth purchase, calibrated on dates newer than those it was fitted on."""

import warnings
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

from features.frame import Frame

CALIBRATION_SHARE = 0.2


def train(frame: Frame, target: np.ndarray, seed: int) -> CalibratedClassifierCV:
    """Trees on the older dates, a sigmoid on the newer ones (or on a fifth by chance where there is one date)."""
    newer = _calibration_rows(frame, target, seed)
    older = frame.take(~newer)
    trees = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=60, l2_regularization=5.0,
        early_stopping=False, random_state=seed)
    trees.fit(_binnable(older.values), target[~newer], sample_weight=older.weights)
    held = frame.take(newer)
    with warnings.catch_warnings():
        # scikit-learn says that the frozen trees get no weights here: they had theirs above.
        warnings.filterwarnings("ignore", message="Since FrozenEstimator does not appear", category=UserWarning)
        calibrated = CalibratedClassifierCV(FrozenEstimator(trees), method="sigmoid")
        return calibrated.fit(held.values, target[newer], sample_weight=held.weights)


def score(estimator: Any, frame: Frame) -> np.ndarray:
    """Probability of a purchase within the horizon."""
    return np.asarray(estimator.predict_proba(frame.values))[:, 1]


def _binnable(values: np.ndarray) -> np.ndarray:
    """A feature that has no value yet (a young history) cannot be binned; as a constant no tree splits on it."""
    is_empty = np.isnan(values).all(axis=0)
    return np.where(is_empty, np.float32(0), values) if is_empty.any() else values


def _calibration_rows(frame: Frame, target: np.ndarray, seed: int) -> np.ndarray:
    by_chance: np.ndarray = np.random.default_rng(seed).random(len(frame)) < CALIBRATION_SHARE
    dates = np.unique(frame.as_of_dates)
    newer = frame.as_of_dates >= dates[-max(1, round(len(dates) * CALIBRATION_SHARE))]
    # Both parts need both outcomes, else neither trees nor sigmoid can be fitted.
    by_date_works = all(len(np.unique(target[part])) == 2 for part in (newer, ~newer))
    return newer if by_date_works else by_chance
