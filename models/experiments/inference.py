"""From an estimate and its variance to interval and p-value."""

import math
from collections.abc import Sequence
from typing import Any

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from models.experiments.moments import CellMoments

Effect = dict[str, Any]


def effect(estimate: float, variance: float, df: float = math.inf, alpha: float = 0.05) -> Effect:
    """`{estimate, se, ci, p_value}` by Student's t (normal when df is infinite); None where undefined."""
    if math.isnan(estimate):
        return {"estimate": None, "se": None, "ci": None, "p_value": None}
    if math.isnan(variance):
        return {"estimate": estimate, "se": None, "ci": None, "p_value": None}
    se = math.sqrt(variance)
    if se == 0.0:
        return {"estimate": estimate, "se": 0.0, "ci": [estimate, estimate], "p_value": 1.0 if not estimate else None}
    half = quantile(1 - alpha / 2, df) * se
    return {
        "estimate": estimate,
        "se": se,
        "ci": [estimate - half, estimate + half],
        "p_value": two_sided_p(estimate / se, df),
    }


def quantile(level: float, df: float = math.inf) -> float:
    """Quantile of Student's t, of the normal when df is infinite."""
    return float(ndtri(level)) if math.isinf(df) else float(stdtrit(df, level))


def two_sided_p(statistic: float, df: float = math.inf) -> float:
    """P(|T| >= |statistic|)."""
    size = -abs(statistic)
    return 2 * float(ndtr(size)) if math.isinf(df) else 2 * float(stdtr(df, size))


def contrast(weights: Sequence[float], cells: Sequence[CellMoments], alpha: float = 0.05) -> Effect:
    """Weighted sum of independent cell means, unequal variances, Welch-Satterthwaite degrees of freedom."""
    estimate = weighted_mean(weights, cells)
    parts = [w * w * cell.variance / cell.n if cell.n else math.nan for w, cell in zip(weights, cells, strict=True)]
    return effect(estimate, sum(parts), satterthwaite(parts, [cell.n - 1 for cell in cells]), alpha)


def weighted_mean(weights: Sequence[float], cells: Sequence[CellMoments]) -> float:
    """Sum of weights times cell means, exact where large means cancel; nan with an empty cell."""
    if any(not cell.n for cell in cells):
        return math.nan
    parts = [(w, cell) for w, cell in zip(weights, cells, strict=True)]
    return math.fsum([w * float(cell.mean[0]) for w, cell in parts] + [w * float(cell.rest[0]) for w, cell in parts])


def satterthwaite(parts: Sequence[float], dfs: Sequence[float]) -> float:
    """Degrees of freedom of a sum of independent variance parts."""
    total = sum(parts)
    bottom = sum(part * part / df for part, df in zip(parts, dfs, strict=True) if df > 0)
    return total * total / bottom if bottom > 0 else math.inf
