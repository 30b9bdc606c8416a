"""Many arms, many strategies, many segments: Holm, Benjamini-Hochberg, shrinkage."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.errors import KehuError

Array = NDArray[np.float64]


def _checked(p_values: ArrayLike) -> Array:
    p = np.asarray(p_values, dtype=np.float64)
    if np.isnan(p).any() or (p < 0).any() or (p > 1).any():
        raise KehuError("a p-value lies outside 0..1", "leave undefined tests out")
    return p


def holm(p_values: ArrayLike) -> Array:
    """Holm-adjusted p-values: family-wise error across the arms of one experiment."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike, dependent: bool = False) -> Array:
    """Adjusted p-values for the false discovery rate across the board; `dependent` is Benjamini-Yekutieli."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")[::-1]
    ranks = np.arange(len(p), 0, -1)
    penalty = (1 / np.arange(1, len(p) + 1)).sum() if dependent else 1.0
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / ranks * penalty), 1.0)
    return adjusted


def between_variance(estimates: ArrayLike, errors: ArrayLike) -> float:
    """DerSimonian-Laird variance of true effects between segments."""
    x, se = np.asarray(estimates, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    w = 1 / se**2
    centre = (w * x).sum() / w.sum()
    q = (w * (x - centre) ** 2).sum()
    spread = w.sum() - (w**2).sum() / w.sum()
    return max(0.0, float((q - (len(x) - 1)) / spread)) if spread > 0 else 0.0


def shrink(estimates: ArrayLike, errors: ArrayLike) -> Array:
    """Segment effects pulled towards their precision-weighted mean: w = b / (b + se^2), b the variance between."""
    x, se = np.asarray(estimates, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if (se <= 0).any():
        raise KehuError("a segment's standard error is not positive", "leave the segment out")
    between = between_variance(x, se)
    precision = 1 / (se**2 + between)
    centre = (precision * x).sum() / precision.sum()
    weight = between / (between + se**2)
    return np.asarray(weight * x + (1 - weight) * centre)
