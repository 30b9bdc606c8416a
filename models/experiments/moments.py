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
    join the cells of earlier nights without reading their rows again. `rest` (k,) is what rounding left out of
    `mean`: differences of cells stay exact where values are large and alike (balances of 1e9 that differ by cents).
    """

    n: int
    mean: Vector
    cross: Vector
    rest: Vector

    @classmethod
    def from_values(cls, *columns: ArrayLike) -> CellMoments:
        """From row values, one array per column, all of one length, no nulls."""
        data = np.array([np.asarray(column, dtype=np.float64) for column in columns])
        n = data.shape[1]
        if n == 0:
            return cls.empty(len(columns))
        constant = data.min(axis=1) == data.max(axis=1)
        mean = np.where(constant, data[:, 0], data.mean(axis=1))
        gap = data - mean[:, None]
        rest = gap.mean(axis=1)
        centred = gap - rest[:, None]
        return cls(n, mean, centred @ centred.T, rest)

    @classmethod
    def from_summary(cls, n: int, mean: float, variance: float) -> CellMoments:
        """From count, average and sample variance (`count(*)`, `avg`, `var_samp`) of one column."""
        cross = 0.0 if n < 2 else variance * (n - 1)
        return cls(n, np.array([mean], dtype=np.float64), np.array([[cross]], dtype=np.float64), np.zeros(1))

    @classmethod
    def from_sums(cls, n: int, sums: ArrayLike, products: ArrayLike, pivot: ArrayLike | None = None) -> CellMoments:
        """From sums (k,) and sums of products (k, k) of columns from which `pivot` (k,) was subtracted."""
        total = np.asarray(sums, dtype=np.float64)
        shift = np.zeros_like(total) if pivot is None else np.asarray(pivot, dtype=np.float64)
        if n == 0:
            return cls.empty(len(total))
        offset = total / n
        cross = np.asarray(products, dtype=np.float64) - n * (offset[:, None] * offset)
        np.fill_diagonal(cross, np.maximum(cross.diagonal(), 0.0))
        mean = shift + offset
        return cls(n, mean, cross, offset - (mean - shift))

    @classmethod
    def empty(cls, k: int = 1) -> CellMoments:
        """A cell without rows."""
        return cls(0, np.zeros(k), np.zeros((k, k)), np.zeros(k))

    def __add__(self, other: CellMoments) -> CellMoments:
        n = self.n + other.n
        if self.n == 0 or other.n == 0:
            return self if other.n == 0 else other
        gap = other.mean - self.mean + (other.rest - self.rest)
        cross = self.cross + other.cross + (gap[:, None] * gap) * (self.n * other.n / n)
        step = self.rest + gap * (other.n / n)
        mean = self.mean + step
        return CellMoments(n, mean, cross, step - (mean - self.mean))

    @property
    def average(self) -> float:
        """Mean of the metric; nan without rows."""
        return float(self.mean[0] + self.rest[0]) if self.n else float("nan")

    @property
    def variance(self) -> float:
        """Sample variance of the metric; nan below two rows."""
        return float(self.cross[0, 0]) / (self.n - 1) if self.n > 1 else float("nan")

    def covariance(self) -> Vector:
        """Sample covariance matrix (k, k)."""
        return self.cross / (self.n - 1) if self.n > 1 else np.full_like(self.cross, np.nan)

    def combine(self, weights: Sequence[float] | Vector, about: CellMoments | None = None) -> CellMoments:
        """Moments of the single column `weights · (columns - means of about)`; column 0 is not shifted."""
        w = np.asarray(weights, dtype=np.float64)
        cross = max(float(w @ self.cross @ w), 0.0)
        shift = self.gap(about) if about is not None else self.mean + self.rest
        mean, rest = (w[0] * self.mean[0], w[0] * self.rest[0]) if about is not None else (w[0] * shift[0], 0.0)
        return CellMoments(self.n, np.array([mean]), np.array([[cross]]), np.array([rest + w[1:] @ shift[1:]]))

    def gap(self, other: CellMoments) -> Vector:
        """Means minus the means of `other` (k,), without losing the digits they share."""
        return self.mean - other.mean + (self.rest - other.rest)

    def pick(self, *positions: int) -> CellMoments:
        """Moments of some of the columns, in the order given."""
        if positions == (0,):
            return CellMoments(self.n, self.mean[:1], self.cross[:1, :1], self.rest[:1])
        keep = list(positions)
        return CellMoments(self.n, self.mean[keep], self.cross[np.ix_(keep, keep)], self.rest[keep])


def pool(cells: Sequence[CellMoments]) -> CellMoments:
    """Moments of all cells together."""
    total = cells[0]
    for cell in cells[1:]:
        total = total + cell
    return total
