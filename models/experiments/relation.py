"""Moments out of a DuckDB relation by aggregate queries: no row leaves the database."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.errors import KehuError
from models.experiments.columns import LARGEST, Column, Group, literal, number, quoted
from models.experiments.moments import CellMoments
from models.experiments.source import ClusterSums, Key, Moments, Profile, Tilt

Execute = Callable[[str], list[tuple[Any, ...]]]
_KEPT_SHARE = 1e-6  # below this share of the raw squares, centring by the common pivot has lost too many digits
_SAMPLE_ROWS = 1001
_FAR = 2.0  # times the range: nearer to zero, the raw squares keep all digits that matter


@dataclass(frozen=True)
class Relation:
    """A table, view or bracketed sub-query without alias `name` with a column `cell` (text, or an ENUM: cheaper to group
    by), run through `execute`."""

    execute: Execute
    name: str
    cell: str = "cell"

    def moments(self, groups: Sequence[Group], by: Sequence[str] = ("cell",)) -> Moments:
        """One aggregate query; a second, centred cell by cell, only where digits would be lost."""
        columns = list(dict.fromkeys(column for group in groups for column in group))
        pairs = _pairs(groups, columns)
        pivots = self._sample_pivots(columns)
        rows = self.execute(moments_sql(self.name, by, columns, pairs, pivots, self.cell))
        _refuse_non_finite(rows, len(by), columns, pairs)
        cells = {_key(row, by): _unpack(row, len(by), groups, columns, pairs, pivots) for row in rows}
        if _lost_digits(rows, len(by), columns, pairs):
            cells = self._refined(groups, columns, pairs, by, cells)
        return cells

    def _sample_pivots(self, columns: Sequence[Column]) -> list[float]:
        """A typical value of each column that lies far from zero; zero, which costs nothing, for the others."""
        wanted = ", ".join(
            f"quantile_disc({c.sql()}, 0.5), avg({c.sql()}), min({c.sql()}), max({c.sql()})" for c in columns
        )
        sample = f"(SELECT * FROM {self.name} WHERE {quoted(self.cell)} IS NOT NULL LIMIT {_SAMPLE_ROWS})"
        row = self.execute(f"SELECT {wanted} FROM {sample}")[0]
        return [_pivot(*row[4 * i : 4 * i + 4]) for i in range(len(columns))]

    def _refined(
        self, groups: Sequence[Group], columns: list[Column], pairs: list[tuple[int, int]], by: Sequence[str], first: Moments
    ) -> Moments:
        means = _means(groups, columns, first)
        rows = self.execute(refined_sql(self.name, by, columns, pairs, means, self.cell))
        cells: Moments = {}
        for row in rows:
            key, extra = _key(row, by), row[-2 * len(columns) :]
            lows, highs = extra[: len(columns)], extra[len(columns) :]
            pivots = list(means[key])
            body = list(row[: -2 * len(columns)])
            for i, (low, high) in enumerate(zip(lows, highs, strict=True)):
                if low == high:
                    pivots[i] = low
                    _silence(body, len(by), i, len(columns), pairs)
            cells[key] = _unpack(tuple(body), len(by), groups, columns, pairs, pivots)
        return cells

    def profile(self, column: Column, quantile: float = 0.995) -> Profile:
        """See `Source.profile`."""
        value = column.sql()
        low, high, nulls, cap, is_binary, odd = self.execute(
            f"SELECT min({value}), max({value}), count(*) - count({quoted(column.name)}),"
            f" quantile_cont({value}, {quantile}), bool_and({value} IN (0, 1)),"
            f" count(*) FILTER (NOT isfinite({value}))"
            f" FROM {self.name} WHERE {quoted(self.cell)} IS NOT NULL"
        )[0]
        return checked_profile(column, low, high, nulls, cap, is_binary, odd)

    def skewness(self, column: Column) -> dict[str, float]:
        """See `Source.skewness`."""
        cell, value = quoted(self.cell), column.sql()
        rows = self.execute(
            f"WITH v AS (SELECT {cell} AS cell, {value} AS y FROM {self.name} WHERE {cell} IS NOT NULL),"
            " m AS (SELECT cell, avg(y) AS centre, max(y) > min(y) AS varies FROM v GROUP BY cell)"
            " SELECT cell, CASE WHEN bool_and(varies) THEN avg((y - centre) * (y - centre) * (y - centre))"
            " / greatest(pow(avg((y - centre) * (y - centre)), 1.5), 1e-300) ELSE 0 END"
            " FROM v JOIN m USING (cell) GROUP BY cell"
        )
        return {str(name): float(skew) for name, skew in rows}

    def hc2(self, tilts: Sequence[Tilt]) -> list[float]:
        """See `Source.hc2`."""
        wanted = ", ".join(hc2_sql(tilt, self.cell) for tilt in tilts)
        row = self.execute(f"SELECT {wanted} FROM {self.name}")[0]
        return [float(value) if value is not None else math.nan for value in row]

    def cluster_sums(self, cluster: str, columns: Group, pivots: Sequence[float]) -> ClusterSums:
        """See `Source.cluster_sums`."""
        sums = ", ".join(f"sum({c.sql()} - {number(pivot)})" for c, pivot in zip(columns, pivots, strict=True))
        cell, group = quoted(self.cell), quoted(cluster)
        rows = self.execute(
            f"SELECT dense_rank() OVER (ORDER BY CAST({group} AS VARCHAR)) - 1, {cell}, count(*), {sums}"
            f" FROM {self.name} WHERE {cell} IS NOT NULL GROUP BY {group}, {cell} ORDER BY 1, 2"
        )
        return ClusterSums(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([str(row[1]) for row in rows], dtype=object),
            np.array([row[2] for row in rows], dtype=np.float64),
            np.array([row[3:] for row in rows], dtype=np.float64),
        )


def moments_sql(
    relation: str, by: Sequence[str], columns: Sequence[Column], pairs: Sequence[tuple[int, int]],
    pivots: Sequence[float], cell: str = "cell",
) -> str:
    """The aggregate query: keys, count, sums of the centred columns, sums of their products."""
    centred = [
        f"{column.sql()} - {number(pivot)}" if pivot else column.sql()
        for column, pivot in zip(columns, pivots, strict=True)
    ]
    return _aggregate(f"{relation} WHERE {quoted(cell)} IS NOT NULL", by, centred, pairs)


def refined_sql(
    relation: str, by: Sequence[str], columns: Sequence[Column], pairs: Sequence[tuple[int, int]],
    means: dict[Key, list[float]], cell: str = "cell",
) -> str:
    """The same, each key centred on its own first estimate of the means; ends with each column's range."""
    rows = ", ".join(
        "(" + ", ".join([literal(part) for part in key] + [number(mean) for mean in means[key]]) + ")" for key in means
    )
    names = [f"k{i}" for i in range(len(by))] + [f"p{i}" for i in range(len(columns))]
    match = " AND ".join(f"CAST(r.{quoted(name)} AS VARCHAR) = v.k{i}" for i, name in enumerate(by))
    source = f"{relation} AS r JOIN (VALUES {rows}) AS v({', '.join(names)}) ON {match} WHERE r.{quoted(cell)} IS NOT NULL"
    centred = [f"{column.sql()} - v.p{i}" for i, column in enumerate(columns)]
    raw = [f"{column.sql()} AS c{i}" for i, column in enumerate(columns)]
    ranges = [f"min(c{i})" for i in range(len(columns))] + [f"max(c{i})" for i in range(len(columns))]
    return _aggregate(source, by, centred, pairs, raw, ranges)


def _aggregate(
    source: str, by: Sequence[str], centred: Sequence[str], pairs: Sequence[tuple[int, int]],
    raw: Sequence[str] = (), extra: Sequence[str] = (),
) -> str:
    keys = [f"{quoted(name)} AS g{i}" for i, name in enumerate(by)]
    inner = ", ".join([*keys, *(f"{text} AS d{i}" for i, text in enumerate(centred)), *raw])
    outer = [f"g{i}" for i in range(len(by))] + ["count(*)"]
    outer += [f"sum(d{i})" for i in range(len(centred))] + [f"sum(d{i} * d{j})" for i, j in pairs] + list(extra)
    grouping = ", ".join(f"g{i}" for i in range(len(by)))
    return f"SELECT {', '.join(outer)} FROM (SELECT {inner} FROM {source}) GROUP BY {grouping} ORDER BY {grouping}"


def hc2_sql(tilt: Tilt, cell: str = "cell") -> str:
    """Sum over one cell of w² e² / (1 - h): w the unit's weight in the adjusted mean, e its residual, h its leverage."""
    m = tilt.moments
    y, *gaps = [f"({c.sql()} - {number(a)} - {number(b)})" for c, a, b in zip(tilt.group, m.mean, m.rest, strict=True)]
    fitted = " + ".join(f"{number(b)} * {gap}" for b, gap in zip(tilt.slope, gaps, strict=True))
    weight = " + ".join(f"{number(r)} * {gap}" for r, gap in zip(tilt.inverse @ tilt.reach, gaps, strict=True))
    quadratic = " + ".join(
        f"{number(tilt.inverse[i, j])} * {a} * {b}" for i, a in enumerate(gaps) for j, b in enumerate(gaps)
    )
    share = number(1 / m.n)
    residual = f"({y} - ({fitted}))"
    leverage = f"({share} + {quadratic})"
    term = f"pow(({share} + {weight}) * {residual}, 2) / (1 - {leverage})"
    return (
        f"sum(CASE WHEN {leverage} < 1 - 1e-9 THEN {term} ELSE 0 END)"
        f" FILTER ({quoted(cell)} = {literal(tilt.cell)})"
    )


def checked_profile(
    column: Column, low: float | None, high: float | None, nulls: int, cap: float | None, is_binary: bool | None, odd: int
) -> Profile:
    """A profile, or the reason why the column cannot be measured."""
    if low is None or high is None or cap is None:
        raise KehuError("no unit has an arm: nothing to measure", "check the assignments")
    if odd:
        raise KehuError(f"column '{column.name}' has {odd} infinite or not-a-number values", "correct these values")
    if max(abs(low), abs(high)) > LARGEST:
        raise KehuError(f"column '{column.name}' has values beyond 1e150", "express it in a larger unit")
    return Profile(float(low), float(high), int(nulls), float(cap), bool(is_binary))


def _pivot(typical: float | None, mean: float | None, low: float | None, high: float | None) -> float:
    if typical is None or mean is None or low is None or high is None or not math.isfinite(high - low):
        return 0.0
    return float(typical) if abs(mean) > _FAR * (high - low) else 0.0


def _pairs(groups: Sequence[Group], columns: list[Column]) -> list[tuple[int, int]]:
    at = {column: i for i, column in enumerate(columns)}
    found = {(min(at[a], at[b]), max(at[a], at[b])) for group in groups for a in group for b in group}
    return sorted(found)


def _key(row: tuple[Any, ...], by: Sequence[str]) -> Key:
    return tuple(str(part) for part in row[: len(by)])


def _unpack(
    row: tuple[Any, ...], keys: int, groups: Sequence[Group], columns: list[Column],
    pairs: list[tuple[int, int]], pivots: Sequence[float],
) -> dict[Group, CellMoments]:
    n, sums, products = row[keys], row[keys + 1 : keys + 1 + len(columns)], row[keys + 1 + len(columns) :]
    at = {column: i for i, column in enumerate(columns)}
    table = dict(zip(pairs, products, strict=True))
    table |= {(j, i): product for (i, j), product in table.items()}
    cells = {}
    for group in groups:
        where = [at[column] for column in group]
        square = [[table[i, j] for j in where] for i in where]
        cells[group] = CellMoments.from_sums(n, [sums[i] for i in where], square, [pivots[i] for i in where])
    return cells


def _silence(body: list[Any], keys: int, column: int, columns: int, pairs: list[tuple[int, int]]) -> None:
    """A constant column varies with nothing: its sums are exactly zero about its value."""
    body[keys + 1 + column] = 0.0
    for at, pair in enumerate(pairs):
        if column in pair:
            body[keys + 1 + columns + at] = 0.0


def _lost_digits(rows: list[tuple[Any, ...]], keys: int, columns: list[Column], pairs: list[tuple[int, int]]) -> bool:
    for row in rows:
        n = row[keys]
        for i in range(len(columns)):
            total, square = row[keys + 1 + i], row[keys + 1 + len(columns) + pairs.index((i, i))]
            if square > 0 and square - total * total / n < _KEPT_SHARE * square:
                return True
    return False


def _means(groups: Sequence[Group], columns: list[Column], cells: Moments) -> dict[Key, list[float]]:
    where = {column: (group, group.index(column)) for group in groups for column in group}
    return {key: [float(found[where[c][0]].mean[where[c][1]]) for c in columns] for key, found in cells.items()}


def _refuse_non_finite(rows: list[tuple[Any, ...]], keys: int, columns: list[Column], pairs: list[tuple[int, int]]) -> None:
    for row in rows:
        for i, column in enumerate(columns):
            square = row[keys + 1 + len(columns) + pairs.index((i, i))]
            if not (math.isfinite(row[keys + 1 + i]) and math.isfinite(square)):
                raise KehuError(
                    f"column '{column.name}' has infinite, not-a-number or too large values",
                    "correct these values or express them in a larger unit",
                )
