"""Ranking quality: area under the ROC curve with DeLong's interval, and lift of the best tenth."""

import numpy as np

Z_95 = 1.959963984540054


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties share their mean."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(values)]
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((starts + ends + 1) / 2, ends - starts)
    return ranks


def auc(target: np.ndarray, score: np.ndarray) -> float:
    """Share of (positive, negative) pairs in the right order; NaN when a class is absent."""
    positives = target == 1
    m, n = int(positives.sum()), int((~positives).sum())
    if not m or not n:
        return float("nan")
    return float((midranks(score)[positives].sum() - m * (m + 1) / 2) / (m * n))


def auc_interval(target: np.ndarray, score: np.ndarray) -> tuple[float, float, float]:
    """(AUC, low, high) at 95 % (DeLong, DeLong and Clarke-Pearson 1988, by midranks: Sun and Xu 2014)."""
    positives = target == 1
    m, n = int(positives.sum()), int((~positives).sum())
    value = auc(target, score)
    if m < 2 or n < 2:
        return value, float("nan"), float("nan")
    ranks = midranks(score)
    above = (ranks[positives] - midranks(score[positives])) / n
    below = 1 - (ranks[~positives] - midranks(score[~positives])) / m
    error = np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return value, float(max(0.0, value - Z_95 * error)), float(min(1.0, value + Z_95 * error))


def top_lift(target: np.ndarray, score: np.ndarray, weights: np.ndarray, share: float = 0.1) -> float:
    """Target rate of the best-scored `share` of the population over the rate of all; NaN without positives.

    Rows of one score that straddles the border count in proportion.
    """
    levels, where = np.unique(-score, return_inverse=True)
    size = np.bincount(where, weights, len(levels))
    hits = np.bincount(where, weights * target, len(levels))
    if not hits.sum():
        return float("nan")
    before = np.cumsum(size) - size
    taken = np.clip((share * size.sum() - before) / size, 0, 1)
    return float((hits * taken).sum() / hits.sum() / share)
