"""Where moments come from: one interface over a DuckDB relation (aggregates only) and over arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.experiments.columns import Column, Group
from models.experiments.moments import CellMoments

Key = tuple[str, ...]
Moments = dict[Key, dict[Group, CellMoments]]


@dataclass(frozen=True)
class Profile:
    """One column over all units, blind to arms."""

    minimum: float
    maximum: float
    null_count: int
    cap: float
    is_binary: bool


@dataclass(frozen=True)
class Tilt:
    """What Lin's HC2 variance needs of one cell: its line, and how far from its mean (`reach`) the line is read."""

    group: Group
    cell: str
    moments: CellMoments
    slope: NDArray[np.float64]
    inverse: NDArray[np.float64]
    reach: NDArray[np.float64]


@dataclass(frozen=True)
class ClusterSums:
    """Per cluster and cell: rows and sums of the columns less their pivots (rows of `sums` follow `cells`)."""

    clusters: NDArray[np.int64]
    cells: NDArray[np.object_]
    n: NDArray[np.float64]
    sums: NDArray[np.float64]


class Source(Protocol):
    """Rows with a cell; a unit whose cell is null takes no part."""

    @property
    def cell(self) -> str:
        """Name of the text column with the cell."""

    def moments(self, groups: Sequence[Group], by: Sequence[str]) -> Moments:
        """Moments per key (values of `by` as text) and group."""

    def profile(self, column: Column, quantile: float) -> Profile:
        """Range, nulls and quantile of a column; refuses values that are infinite or beyond 1e150."""

    def skewness(self, column: Column) -> dict[str, float]:
        """Skewness (population form) per cell, 0 for constants."""

    def hc2(self, tilts: Sequence[Tilt]) -> list[float]:
        """HC2 variance of each adjusted cell mean."""

    def cluster_sums(self, cluster: str, columns: Group, pivots: Sequence[float]) -> ClusterSums:
        """Sums of `column - pivot` per cluster and cell, for cluster-robust errors of contrasts."""
