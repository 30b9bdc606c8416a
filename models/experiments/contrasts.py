"""One contrast of a metric in all its forms: raw, adjusted, capped, clustered, and as a sequence over looks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.experiments import cluster, cuped, lift, sequential
from models.experiments.inference import Effect, contrast, effect
from models.experiments.metric import Cells, Metric, cumulated
from models.experiments.moments import CellMoments
from models.experiments.plan import Plan
from models.experiments.source import Source

Weights = Mapping[str, float]


def difference(source: Source, plan: Plan, metric: Metric, treatment: str, control: str) -> dict[str, Any]:
    """One entry of `effects`: treatment minus control, without the sequence over looks."""
    weights = {treatment: 1.0, control: -1.0}
    plain = metric.plain()
    answer: dict[str, Any] = {"contrast": f"{treatment} - {control}", "treatment": treatment, "control": control}
    answer |= estimate(plan, metric, weights)
    answer |= lift.relative(_cell(plain, treatment), _cell(plain, control), plan.alpha)
    if plan.cluster is not None:
        answer["p_value_permutation"] = _permutation(metric, treatment, control)
        answer["relative_ci"] = None
    if metric.is_binary:
        answer["newcombe"] = lift.newcombe(_cell(plain, treatment), _cell(plain, control), plan.alpha)
    answer["adjusted"] = adjusted(plan, metric, weights)
    answer["regression"] = _regression(source, plan, metric, treatment, control)
    answer["capped"] = capped(plan, metric, weights)
    answer["complier"] = complier(plan, metric, treatment, control)
    return answer


def estimate(plan: Plan, metric: Metric, weights: Weights) -> Effect:
    """The raw contrast of cell means; cluster-robust when the plan names clusters."""
    cells = metric.plain()
    if metric.clusters is None:
        return contrast(list(weights.values()), [_cell(cells, name) for name in weights], plan.alpha)
    found = cluster.cell_contrast(metric.clusters, list(weights), list(weights.values()), _cluster_values(metric), plan.alpha)
    if metric.is_ratio:
        shift = sum(w * _cell(cells, name).average for name, w in weights.items())
        found |= effect(shift, found["se"] ** 2 if found["se"] is not None else math.nan, found["df"] or math.inf, plan.alpha)
    return found


def adjusted(plan: Plan, metric: Metric, weights: Weights) -> dict[str, Any] | None:
    """The contrast by CUPED; None without a covariate. More than two cells: theta is pooled inside the cells."""
    cells = _cells(metric.cells, weights, len(metric.group))
    if not metric.has_covariate or min(cell.n for cell in cells) < 2:
        return None
    within = len(weights) > 2
    found = cuped.cuped(list(weights.values()), cells, plan.alpha, within)
    if metric.clusters is None:
        return found
    size = len(metric.group)
    theta = cuped.theta(cells, within)
    values = metric.clusters.sums[:, 0] - metric.clusters.sums[:, 1:size] @ theta
    robust = cluster.cell_contrast(metric.clusters, list(weights), list(weights.values()), values, plan.alpha)
    return {**robust, "method": "cuped_cr2", "variance_reduction": None}


def _regression(source: Source, plan: Plan, metric: Metric, treatment: str, control: str) -> dict[str, Any] | None:
    if not metric.has_covariate or plan.cluster is not None or not {treatment, control} <= set(metric.cells):
        return None
    return cuped.lin(source, metric.group, treatment, control, metric.cells, plan.alpha)


def capped(plan: Plan, metric: Metric, weights: Weights) -> dict[str, Any] | None:
    """The contrast of the capped metric; None where no cap applies (0/1 metrics, nothing beyond the cap)."""
    if metric.cap is None:
        return None
    if metric.clusters is not None:
        values = metric.clusters.sums[:, -1]
        found = cluster.cell_contrast(metric.clusters, list(weights), list(weights.values()), values, plan.alpha)
    else:
        found = contrast(list(weights.values()), _cells(metric.capped, weights, 1), plan.alpha)
    return {"cap": metric.cap, **found}


def complier(plan: Plan, metric: Metric, treatment: str, control: str) -> dict[str, Any] | None:
    """The effect on those whom assignment really reached, second to the contrast itself; None without `plan.reached`."""
    if not metric.reach:
        return None
    treated, held = _cells(metric.reach, (treatment, control), 2)
    found = lift.complier_effect(treated, held, plan.alpha)
    if metric.clusters is None or found["estimate"] is None:
        return found
    sums, at = metric.clusters.sums, len(metric.group)
    values = (sums[:, 0] - found["estimate"] * sums[:, at]) / found["reach"]
    robust = cluster.cell_contrast(metric.clusters, (treatment, control), (1.0, -1.0), values, plan.alpha)
    variance = robust["se"] ** 2 if robust["se"] is not None else math.nan
    return {**effect(found["estimate"], variance, robust["df"] or math.inf, plan.alpha), "reach": found["reach"]}


def sequence(plan: Plan, metric: Metric, weights: Weights) -> dict[str, Any] | None:
    """Confidence sequence over the days of the plan's time column; None without one.

    `ci` is the newest look's interval of the raw contrast, `adjusted_ci` of the adjusted one, `ever` what all looks
    together leave of the interval that the verdict uses. A look before every cell has 200 units, and
    enough of them for its skewness, has no interval.
    """
    if plan.time is None or not metric.days:
        return None
    looks = [_look(plan, metric, weights, day, cells) for day, cells in cumulated(metric.days, list(weights))]
    used = [look["adjusted_ci"] or look["ci"] for look in looks]
    known = [ci for ci in used if ci is not None]
    ever = [max(low for low, _ in known), min(high for _, high in known)] if known else None
    last = looks[-1] if looks else {"ci": None, "adjusted_ci": None}
    return {
        "ci": last["ci"], "adjusted_ci": last["adjusted_ci"], "ever": ever, "alpha": plan.monitor_alpha, "looks": looks,
    }


def _look(plan: Plan, metric: Metric, weights: Weights, day: str, so_far: Cells) -> dict[str, Any]:
    cells = _cells(so_far, weights, len(metric.group))
    plain = [_cell(metric.plain(so_far), name) for name in weights]
    n = sum(cell.n for cell in cells)
    raw = contrast(list(weights.values()), plain, plan.alpha)
    ready = metric.is_ready(so_far, list(weights))
    better = None
    if metric.has_covariate and ready:
        better = cuped.cuped(list(weights.values()), cells, plan.alpha, len(weights) > 2)
    return {
        "date": day, "n": n, "estimate": raw["estimate"], "adjusted_estimate": better["estimate"] if better else None,
        "ci": _interval(plan, raw, n) if ready else None,
        "adjusted_ci": _interval(plan, better, n) if better is not None else None,
    }


def _interval(plan: Plan, found: Effect, n: int) -> list[float] | None:
    if found["se"] == 0:
        return None
    return sequential.interval(found["estimate"], found["se"], n, plan.monitor_alpha, plan.tuned_n)


def _cluster_values(metric: Metric) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Per cluster and cell: the sum of the metric, or of the ratio's linear part (numerator - R denominator) / D."""
    assert metric.clusters is not None
    sums = metric.clusters.sums
    if not metric.is_ratio:
        return sums[:, 0]
    values = np.zeros(len(sums))
    for name, cell in metric.cells.items():
        rows = metric.clusters.cells == name
        ratio = cell.mean[0] / cell.mean[1] if cell.mean[1] else 0.0
        values[rows] = (sums[rows, 0] - ratio * sums[rows, 1]) / (cell.mean[1] or 1.0)
    return values


def _permutation(metric: Metric, treatment: str, control: str) -> float | None:
    """Only where clusters are few and were themselves assigned."""
    assert metric.clusters is not None
    used = np.isin(metric.clusters.cells, [treatment, control])
    if metric.is_ratio or len(set(metric.clusters.clusters[used].tolist())) >= cluster.FEW:
        return None
    return cluster.permutation(metric.clusters, treatment, control, _cluster_values(metric))


def _cell(cells: Cells, name: str) -> CellMoments:
    return cells.get(name, CellMoments.empty())


def _cells(cells: Cells, names: Weights | Sequence[str], k: int) -> list[CellMoments]:
    return [cells.get(name, CellMoments.empty(k)) for name in names]
