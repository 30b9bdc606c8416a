"""One metric read from a source: its cells raw, capped and by day, and what an analyst must be warned of."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from features.errors import KehuError
from models.experiments.columns import Column, Group
from models.experiments.lift import ratio_cell
from models.experiments.moments import CellMoments, pool
from models.experiments.plan import Plan
from models.experiments.sequential import sequence_may_start, skewness_of_rate
from models.experiments.source import ClusterSums, Moments, Source

CAP_QUANTILE = 0.995
NORMAL_UNITS = 2_000
NORMAL_SKEW = 0.05

Cells = dict[str, CellMoments]


@dataclass(frozen=True)
class Metric:
    """`cells` hold (metric, covariates...) or (numerator, denominator); `capped` the capped metric alone, `reach`
    (metric, reached)."""

    name: str
    group: Group
    cells: Cells
    is_ratio: bool = False
    is_binary: bool = False
    cap: float | None = None
    capped_group: Group | None = None
    capped: Cells = field(default_factory=dict)
    days: Mapping[str, Cells] = field(default_factory=dict)
    clusters: ClusterSums | None = None
    skewness: Mapping[str, float] = field(default_factory=dict)
    reach_group: Group | None = None
    reach: Cells = field(default_factory=dict)

    @property
    def has_covariate(self) -> bool:
        """A covariate stands beside the metric."""
        return not self.is_ratio and len(self.group) > 1

    def plain(self, cells: Mapping[str, CellMoments] | None = None) -> Cells:
        """Cells of one column: the metric itself, or the ratio with its delta-method variance."""
        found = self.cells if cells is None else cells
        return {name: ratio_cell(cell) if self.is_ratio else cell.pick(0) for name, cell in found.items()}

    def owners(self) -> dict[str, set[int]] | None:
        """The clusters with units in each cell; None without clusters."""
        if self.clusters is None:
            return None
        found: dict[str, set[int]] = {}
        for name, cluster in zip(self.clusters.cells.tolist(), self.clusters.clusters.tolist(), strict=True):
            found.setdefault(name, set()).add(cluster)
        return found

    def arrivals(self) -> dict[str, dict[str, int]]:
        """Units per day and cell; nothing without a time column."""
        return {day: {name: cell.n for name, cell in cells.items()} for day, cells in self.days.items()}

    def is_ready(self, cells: Mapping[str, CellMoments], names: Sequence[str]) -> bool:
        """Enough units for a look by confidence sequence, see `sequence_may_start`."""
        found = [cells.get(name, CellMoments.empty()) for name in names]
        return sequence_may_start([cell.n for cell in found], [self._skew(n, c) for n, c in zip(names, found, strict=True)])

    def _skew(self, name: str, cell: CellMoments) -> float | None:
        """Skewness as known at a look: from the rate so far where the metric is 0/1, else that of all rows."""
        if self.is_binary:
            return skewness_of_rate(cell.average) if cell.n else None
        return self.skewness.get(name, 0.0) if cell.n > 1 and cell.cross[0, 0] > 0 else None

    def warnings(self) -> list[tuple[str, str]]:
        """Cells in which the normal approximation is doubtful, so that 95 % intervals cover less; English and Chinese."""
        texts = []
        for name, cell in self.cells.items():
            tilted = abs(self.skewness.get(name, 0.0)) / math.sqrt(max(cell.n, 1))
            if cell.n < 2:
                texts.append((f"{name}: {cell.n} units, no error can be given", f"{name}：{cell.n} 个样本，无法给出误差"))
            elif cell.n < NORMAL_UNITS or tilted >= NORMAL_SKEW:
                size = f"n={cell.n}, skewness/sqrt(n)={tilted:.3f}"
                texts.append((f"{name}: {size}: the interval may cover less than it says", f"{name}：{size}：区间的实际覆盖率可能偏低"))
        return texts


def read(source: Source, plan: Plan) -> list[Metric]:
    """All metrics of the plan in one pass over their moments (plus one profile query each)."""
    covariates, reached = _covariates(source, plan), _reached(source, plan)
    shapes = [replace(_shape(source, plan, name, covariates), reach_group=(Column(name), *reached) if reached else None)
              for name in plan.metrics]  # fmt: skip
    if plan.ratio is not None:
        top, bottom = plan.ratio
        for part in plan.ratio:
            source.profile(Column(part), CAP_QUANTILE)
        shapes.append(Metric(f"{top}/{bottom}", (Column(top), Column(bottom)), {}, is_ratio=True))
    groups = [g for shape in shapes for g in (shape.group, shape.capped_group, shape.reach_group) if g is not None]
    by = (source.cell,) if plan.time is None or plan.cluster is not None else (source.cell, plan.time)
    found = source.moments(groups, by)
    return [_filled(source, plan, shape, found) for shape in shapes]


def _covariates(source: Source, plan: Plan) -> Group:
    """The covariate and, where history is missing, its indicator beside zero."""
    if plan.covariate is None:
        return ()
    column = Column(plan.covariate)
    missing = source.profile(column, 0.5).null_count > 0
    return (column, Column(plan.covariate, "missing")) if missing else (column,)


def _reached(source: Source, plan: Plan) -> Group:
    if plan.reached is None:
        return ()
    column = Column(plan.reached)
    if not source.profile(column, CAP_QUANTILE).is_binary:
        raise KehuError(f"column '{plan.reached}' of --reached holds more than 0 and 1", "write 1 for who was reached, else 0")
    return (column,)


def _shape(source: Source, plan: Plan, name: str, covariates: Group) -> Metric:
    column = Column(name)
    profile = source.profile(column, CAP_QUANTILE)
    cap = plan.caps.get(name, profile.cap)
    useful = name in plan.caps or (not profile.is_binary and profile.minimum < cap < profile.maximum)
    capped = (Column(name, cap=cap),) if useful else None
    return Metric(name, (column, *covariates), {}, is_binary=profile.is_binary, cap=cap if useful else None, capped_group=capped)


def _filled(source: Source, plan: Plan, shape: Metric, found: Moments) -> Metric:
    days = _by_day(found, shape.group) if plan.time is not None and plan.cluster is None else {}
    clusters = cluster_sums(source, plan.cluster, shape, found) if plan.cluster else None
    return replace(
        shape,
        cells=_by_cell(found, shape.group),
        capped=_by_cell(found, shape.capped_group) if shape.capped_group else {},
        days=days,
        clusters=clusters,
        skewness=source.skewness(shape.group[0]),  # of a ratio its numerator's, whose tail is the one that matters
        reach=_by_cell(found, shape.reach_group) if shape.reach_group else {},
    )


def cluster_sums(source: Source, cluster: str, shape: Metric, found: Moments) -> ClusterSums:
    """Sums per cluster about the overall means (of a ratio, about zero), so that large values keep their digits; those
    who were reached follow the group, the capped metric comes last."""
    columns, pivots = list(shape.group), [0.0] * len(shape.group)
    if not shape.is_ratio:
        pivots = [float(mean) for mean in pool(list(_by_cell(found, shape.group).values())).mean]
    if shape.reach_group:
        columns, pivots = [*columns, shape.reach_group[1]], [*pivots, 0.0]
    if shape.capped_group:
        columns, pivots = [*columns, *shape.capped_group], [*pivots, pivots[0]]
    return source.cluster_sums(cluster, tuple(columns), pivots)


def _by_cell(found: Moments, group: Group) -> Cells:
    cells: Cells = {}
    for key, parts in found.items():
        cells[key[0]] = cells[key[0]] + parts[group] if key[0] in cells else parts[group]
    return cells


def _by_day(found: Moments, group: Group) -> dict[str, Cells]:
    days: dict[str, Cells] = {}
    for (cell, day), parts in found.items():
        days.setdefault(day, {})[cell] = parts[group]
    return {day: days[day] for day in sorted(days)}


def cumulated(days: Mapping[str, Cells], names: Sequence[str]) -> list[tuple[str, Cells]]:
    """(day, cells so far) for every day that brought units of one of the cells `names`."""
    so_far: Cells = {}
    looks = []
    for day, cells in days.items():
        for name, cell in cells.items():
            so_far[name] = so_far[name] + cell if name in so_far else cell
        if any(name in cells for name in names):
            looks.append((day, dict(so_far)))
    return looks
