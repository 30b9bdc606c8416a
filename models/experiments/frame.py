"""Moments out of arrays: the row-level path, algorithmically independent of the SQL one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.experiments.columns import LARGEST, Column, Group
from models.experiments.moments import CellMoments
from models.experiments.relation import checked_profile
from models.experiments.source import ClusterSums, Key, Moments, Profile, Tilt


@dataclass(frozen=True)
class Frame:
    """Arrays of one length; `data[cell]` holds text or None (None takes no part), nan stands for null."""

    data: Mapping[str, NDArray[np.generic]]
    cell: str = "cell"

    def _rows(self) -> NDArray[np.bool_]:
        return np.array([name is not None for name in self.data[self.cell]], dtype=bool)

    def _values(self, column: Column) -> NDArray[np.float64]:
        return column.values(self.data)[self._rows()]

    def _split(self, by: Sequence[str]) -> dict[Key, NDArray[np.int64]]:
        """Positions (among rows with a cell) of every key, keys in order."""
        rows = self._rows()
        parts = [np.array([str(v) for v in self.data[name][rows]], dtype=object) for name in by]
        found: dict[Key, list[int]] = {}
        for at, key in enumerate(zip(*parts, strict=True)):
            found.setdefault(key, []).append(at)
        return {key: np.array(found[key], dtype=np.int64) for key in sorted(found)}

    def moments(self, groups: Sequence[Group], by: Sequence[str] = ("cell",)) -> Moments:
        """See `Source.moments`."""
        values = {column: self._values(column) for group in groups for column in group}
        for column, array in values.items():
            _refuse_odd(column, array)
        return {
            key: {group: CellMoments.from_values(*(values[column][at] for column in group)) for group in groups}
            for key, at in self._split(by).items()
        }

    def profile(self, column: Column, quantile: float = 0.995) -> Profile:
        """See `Source.profile`."""
        values = self._values(column)
        if not len(values):
            return checked_profile(column, None, None, 0, None, None, 0)
        odd = int((~np.isfinite(values)).sum())
        nulls = int(np.isnan(np.asarray(self.data[column.name], dtype=np.float64)[self._rows()]).sum())
        is_binary = bool(np.isin(values, (0.0, 1.0)).all())
        cap = float(np.quantile(values, quantile)) if not odd else 0.0
        return checked_profile(column, values.min(), values.max(), nulls, cap, is_binary, odd)

    def skewness(self, column: Column) -> dict[str, float]:
        """See `Source.skewness`."""
        values = self._values(column)
        return {key[0]: _skewness(values[at]) for key, at in self._split((self.cell,)).items()}

    def hc2(self, tilts: Sequence[Tilt]) -> list[float]:
        """See `Source.hc2`."""
        split = self._split((self.cell,))
        return [self._hc2(tilt, split[tilt.cell,]) for tilt in tilts]

    def _hc2(self, tilt: Tilt, at: NDArray[np.int64]) -> float:
        gaps = [
            self._values(column)[at] - mean - rest
            for column, mean, rest in zip(tilt.group, tilt.moments.mean, tilt.moments.rest, strict=True)
        ]
        x, share = np.array(gaps[1:]).T, 1 / tilt.moments.n
        residual = gaps[0] - x @ tilt.slope
        weight = share + x @ (tilt.inverse @ tilt.reach)
        leverage = share + np.einsum("ij,jk,ik->i", x, tilt.inverse, x)
        free = leverage < 1 - 1e-9
        return float(((weight * residual)[free] ** 2 / (1 - leverage[free])).sum())

    def cluster_sums(self, cluster: str, columns: Group, pivots: Sequence[float]) -> ClusterSums:
        """See `Source.cluster_sums`."""
        split = self._split((cluster, self.cell))
        names = {name: rank for rank, name in enumerate(sorted({key[0] for key in split}))}
        values = [self._values(column) - pivot for column, pivot in zip(columns, pivots, strict=True)]
        return ClusterSums(
            np.array([names[key[0]] for key in split], dtype=np.int64),
            np.array([key[1] for key in split], dtype=object),
            np.array([len(at) for at in split.values()], dtype=np.float64),
            np.array([[array[at].sum() for array in values] for at in split.values()], dtype=np.float64),
        )


def _skewness(values: NDArray[np.float64]) -> float:
    if values.min() == values.max():
        return 0.0
    gap = values - values.mean()
    return float((gap * gap * gap).mean() / max((gap * gap).mean() ** 1.5, 1e-300))


def _refuse_odd(column: Column, values: NDArray[np.float64]) -> None:
    if len(values) and not (np.isfinite(values).all() and math.fabs(float(np.abs(values).max())) <= LARGEST):
        checked_profile(column, values.min(), values.max(), 0, 0.0, False, int((~np.isfinite(values)).sum()))
