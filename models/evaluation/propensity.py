"""The report of a propensity: trained on earlier dates, judged on later ones."""

from typing import Any

import numpy as np

from features.frame import Frame
from models.contracts import ModelCode
from models.evaluation import calibration, discrimination, leakage
from models.evaluation.split import random_split, time_split

DOMINANT_COUNT = 5


def evaluate(code: ModelCode, frame: Frame, target: np.ndarray, seed: int, horizon_days: int) -> dict[str, Any]:
    """Metrics of the recipe on held-out rows; sampled negatives are weighted back to the population."""
    masks = time_split(frame.as_of_dates, horizon_days)
    kind = "time" if masks else "random"
    train, test = masks or random_split(len(frame), seed)
    if len(np.unique(target[train])) < 2:
        raise ValueError("the training part of the split has only one target value")
    estimator = code.train(frame.take(train), target[train], seed)
    held = frame.take(test)
    score = np.asarray(code.score(estimator, held), dtype=float)
    return {"split": kind, "train_rows": int(train.sum()), "test_rows": int(test.sum()),
            "test_positives": int(target[test].sum()), "test_dates": sorted({str(day) for day in held.as_of_dates}),
            **measures(held, target[test], score)}


def measures(frame: Frame, target: np.ndarray, score: np.ndarray) -> dict[str, Any]:
    """AUC with interval, calibration, Brier, lift, single-feature AUCs and the leak check of given scores."""
    weights = np.ones(len(score)) if frame.weights is None else frame.weights.astype(float)
    value, low, high = discrimination.auc_interval(target, score)
    slope, intercept = calibration.slope_and_intercept(target, score, weights)
    alone = leakage.auc_alone(frame, target)
    return {"base_rate": float(np.average(target, weights=weights)), "auc": value, "auc_ci": [low, high],
            "calibration_slope": slope, "calibration_intercept": intercept,
            "brier": calibration.brier(target, score, weights),
            "top_decile_lift": discrimination.top_lift(target, score, weights),
            "tenths": calibration.rate_by_tenth(target, score, weights),
            "dominant_features": alone[:DOMINANT_COUNT], "leak_check": leakage.leak_check(alone, value)}
