"""Looks for features that know the answer: one that ranks the target almost alone is rarely honest."""

from typing import Any

import numpy as np

from features.frame import Frame
from models.evaluation.discrimination import auc

SUSPICIOUS_AUC = 0.9


def auc_alone(frame: Frame, target: np.ndarray) -> list[dict[str, Any]]:
    """Each feature's AUC by itself, whichever direction, strongest first.

    The better of "missing ranks lowest" and "missing ranks highest": that a value is missing can be the leak.
    """
    found = []
    for name in frame.columns:
        values = np.asarray(frame.column(name), dtype=float)
        sides = [auc(target, np.nan_to_num(values, nan=fill)) for fill in (-np.inf, np.inf)]
        found.append({"name": name, "auc_alone": max(max(side, 1 - side) for side in sides)})
    return sorted(found, key=lambda row: (-row["auc_alone"], row["name"]))


def leak_check(alone: list[dict[str, Any]], model_auc: float) -> dict[str, Any]:
    """passed, or warned with the features that look like the target itself."""
    suspects = [row["name"] for row in alone if row["auc_alone"] >= SUSPICIOUS_AUC]
    return {"status": "warned" if suspects or model_auc >= 0.99 else "passed", "suspects": suspects,
            "limit": SUSPICIOUS_AUC}
