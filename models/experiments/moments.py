"""Sufficient statistics of one cell: size, means and centred cross-products of a few columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CellMoments:
    """Moments of k columns over n units: `mean` (k,), `cross` (k, k) = sum of centred products.

    Column 0 is the metric; further columns are covariates or a denominator. Moments add up, so a night's cells
    join the cells of earlier nights without reading their rows again.
    """

    n: int
    mean: Vector
    cross: Vector

    @classmethod
    def from_values(cls, *columns: ArrayLike) -> CellMoments:
        """From row values, one array per column, all of one length, no nulls."""
        data = np.array([np.asarray(column, dtype=np.float64) for column in columns])
        n = data.shape[1]
        if n == 0:
            return cls.empty(len(columns))
        mean = data.mean(axis=1)
        mean = mean + (data - mean[:, None]).mean(axis=1)
        constant = data.min(axis=1) == data.max(axis=1)
        mean = np.where(constant, data[:, 0], mean)
        centred = data - mean[:, None]
        return cls(n, mean, centred @ centred.T)

    @classmethod
    def from_summary(cls, n: int, mean: float, variance: float) -> CellMoments:
        """From count, average and sample variance (`count(*)`, `avg`, `var_samp`) of one column."""
        cross = 0.0 if n < 2 else variance * (n - 1)
        return cls(n, np.array([mean], dtype=np.float64), np.array([[cross]], dtype=np.float64))

    @classmethod
    def from_sums(cls, n: int, sums: ArrayLike, products: ArrayLike, pivot: ArrayLike | None = None) -> CellMoments:
        """From sums (k,) and sums of products (k, k) of columns from which `pivot` (k,) was subtracted."""
        total = np.asarray(sums, dtype=np.float64)
        shift = np.zeros_like(total) if pivot is None else np.asarray(pivot, dtype=np.float64)
        if n == 0:
            return cls.empty(len(total))
        offset = total / n
        cross = np.asarray(products, dtype=np.float64) - n * np.outer(offset, offset)
        np.fill_diagonal(cross, np.maximum(np.diag(cross), 0.0))
        return cls(n, shift + offset, cross)

    @classmethod
    def empty(cls, k: int = 1) -> CellMoments:
        """A cell without rows."""
        return cls(0, np.zeros(k), np.zeros((k, k)))

    def __add__(self, other: CellMoments) -> CellMoments:
        n = self.n + other.n
        if self.n == 0 or other.n == 0:
            return self if other.n == 0 else other
        gap = other.mean - self.mean
        cross = self.cross + other.cross + np.outer(gap, gap) * (self.n * other.n / n)
        return CellMoments(n, self.mean + gap * (other.n / n), cross)

    @property
    def average(self) -> float:
        """Mean of the metric; nan without rows."""
        return float(self.mean[0]) if self.n else float("nan")

    @property
    def variance(self) -> float:
        """Sample variance of the metric; nan below two rows."""
        return float(self.cross[0, 0]) / (self.n - 1) if self.n > 1 else float("nan")

    def covariance(self) -> Vector:
        """Sample covariance matrix (k, k)."""
        return self.cross / (self.n - 1) if self.n > 1 else np.full_like(self.cross, np.nan)

    def combine(self, weights: Sequence[float] | Vector, offset: float = 0.0) -> CellMoments:
        """Moments of the single column `offset + weights · columns`."""
        w = np.asarray(weights, dtype=np.float64)
        cross = max(float(w @ self.cross @ w), 0.0)
        return CellMoments(self.n, np.array([offset + float(w @ self.mean)]), np.array([[cross]]))

    def pick(self, *positions: int) -> CellMoments:
        """Moments of some of the columns, in the order given."""
        keep = list(positions)
        return CellMoments(self.n, self.mean[keep], self.cross[np.ix_(keep, keep)])


def pool(cells: Sequence[CellMoments]) -> CellMoments:
    """Moments of all cells together."""
    total = CellMoments.empty(len(cells[0].mean))
    for cell in cells:
        total = total + cell
    return total
