"""Two arms: differences in means, proportions and ratios, capped metrics, and the effect on those reached."""

import math
from typing import Any

import numpy as np
from scipy.special import ndtri

from models.experiments.inference import Effect, contrast, effect, satterthwaite, weighted_mean
from models.experiments.moments import CellMoments


def difference(treatment: CellMoments, control: CellMoments, alpha: float = 0.05) -> Effect:
    """Welch's difference in means, treatment minus control (column 0 of both)."""
    return contrast([1, -1], [treatment.pick(0), control.pick(0)], alpha)


def relative(treatment: CellMoments, control: CellMoments, alpha: float = 0.05) -> dict[str, Any]:
    """`{relative, relative_ci}`: lift over the control mean, interval by the delta method on the log of the ratio."""
    t, c = treatment.average, control.average
    if not (treatment.n and control.n) or c == 0:
        return {"relative": None, "relative_ci": None}
    answer: dict[str, Any] = {"relative": t / c - 1, "relative_ci": None}
    parts = [treatment.variance / treatment.n, control.variance / control.n]
    if t / c > 0 and not math.isnan(sum(parts)):
        half = float(ndtri(1 - alpha / 2)) * math.sqrt(parts[0] / t**2 + parts[1] / c**2)
        answer["relative_ci"] = [t / c * math.exp(-half) - 1, t / c * math.exp(half) - 1]
    return answer


def wilson(successes: int, n: int, alpha: float = 0.05) -> tuple[float, float]:
    """Wilson's interval of one proportion."""
    z = float(ndtri(1 - alpha / 2))
    rate, bottom = successes / n, 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / bottom
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / bottom
    return centre - half, centre + half


def newcombe(treatment: CellMoments, control: CellMoments, alpha: float = 0.05) -> list[float] | None:
    """Newcombe's interval of a difference of proportions (Wilson limits combined); for 0/1 metrics."""
    if not (treatment.n and control.n):
        return None
    rates = [(cell.average, *wilson(round(cell.average * cell.n), cell.n, alpha)) for cell in (treatment, control)]
    (p1, low1, high1), (p0, low0, high0) = rates
    return [
        p1 - p0 - math.hypot(p1 - low1, high0 - p0),
        p1 - p0 + math.hypot(high1 - p1, p0 - low0),
    ]


def ratio_cell(cell: CellMoments) -> CellMoments:
    """A ratio of means as a cell: mean N/D, variance per unit by the delta method; columns are (N, D)."""
    if cell.n == 0 or cell.mean[1] == 0:
        return CellMoments.empty()
    numerator, denominator = (float(value) for value in cell.mean + cell.rest)
    ratio = numerator / denominator
    spread = cell.combine([1 / denominator, -ratio / denominator])
    return CellMoments(cell.n, np.array([ratio]), spread.cross, np.zeros(1))


def ratio(treatment: CellMoments, control: CellMoments, alpha: float = 0.05) -> Effect:
    """Difference of ratios of means (delta method); both cells hold (numerator, denominator)."""
    return contrast([1, -1], [ratio_cell(treatment), ratio_cell(control)], alpha)


def complier_effect(treatment: CellMoments, control: CellMoments, alpha: float = 0.05) -> dict[str, Any]:
    """Effect on the units whom assignment really reached (columns: metric, reached), second to intention to treat.

    Wald's ratio of two differences, delta method; None when assignment moved nobody.
    """
    reach = contrast([1, -1], [treatment.pick(1), control.pick(1)], alpha)
    if not reach["estimate"]:
        return {**effect(math.nan, math.nan), "reach": reach["estimate"]}
    estimate = weighted_mean([1, -1], [treatment, control]) / reach["estimate"]
    parts = [cell.combine([1, -estimate]).variance / cell.n for cell in (treatment, control)]
    df = satterthwaite(parts, [treatment.n - 1, control.n - 1])
    return {**effect(estimate, sum(parts) / reach["estimate"] ** 2, df, alpha), "reach": reach["estimate"]}
