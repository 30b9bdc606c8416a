"""Variance reduction by covariates from before assignment: CUPED from moments, Lin's regression with HC2."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.experiments.columns import Group
from models.experiments.inference import contrast, effect, weighted_mean
from models.experiments.moments import CellMoments, Vector, pool
from models.experiments.source import Source, Tilt


def coefficients(cell: CellMoments) -> Vector:
    """Least-squares slopes of column 0 on the others; a covariate that does not vary gets slope 0."""
    inside, towards = cell.cross[1:, 1:], cell.cross[1:, 0]
    return np.asarray(_inverse(inside) @ towards, dtype=np.float64)


def _inverse(square: Vector) -> Vector:
    """Pseudo-inverse after scaling to unit diagonal, so that units of money do not decide the rank."""
    if len(square) == 1:
        return 1 / square if square[0, 0] > 0 else np.zeros_like(square)
    size = np.sqrt(np.diag(square))
    scale = np.where(size > 0, 1 / np.where(size > 0, size, 1), 0.0)
    return np.asarray(np.linalg.pinv(square * np.outer(scale, scale), rcond=1e-12) * np.outer(scale, scale))


def theta(cells: Sequence[CellMoments], within: bool = False, total: CellMoments | None = None) -> Vector:
    """Slopes pooled over all units as in the CUPED paper (and tea-tasting); `within` pools inside cells only, for
    lists whose base rates differ. `total` is the pool of the cells where it is known."""
    if within:
        inside = sum((cell.cross for cell in cells), np.zeros_like(cells[0].cross))
        return coefficients(replace(cells[0], cross=inside))
    return coefficients(pool(cells) if total is None else total)


def adjusted_cells(cells: Sequence[CellMoments], within: bool = False) -> list[CellMoments]:
    """Cells of y - theta (x - overall mean of x)."""
    centre = pool(cells)
    weights = np.concatenate([[1.0], -theta(cells, within, centre)])
    return [cell.combine(weights, centre) for cell in cells]


def cuped(weights: Sequence[float], cells: Sequence[CellMoments], alpha: float = 0.05, within: bool = False) -> dict[str, Any]:
    """CUPED contrast; `{method, estimate, se, ci, p_value, variance_reduction}`."""
    raw = contrast(weights, [cell.pick(0) for cell in cells], alpha)
    found = contrast(weights, adjusted_cells(cells, within), alpha)
    reduction = 1 - (found["se"] / raw["se"]) ** 2 if raw["se"] and found["se"] is not None else None
    return {"method": "cuped", **found, "variance_reduction": reduction}


def lin(source: Source, group: Group, treatment: str, control: str, cells: dict[str, CellMoments], alpha: float = 0.05) -> dict[str, Any]:
    """Lin's regression (arm, covariates, interactions) with HC2 errors, from moments and one more aggregate query."""
    pair = [cells[treatment], cells[control]]
    if min(cell.n for cell in pair) < len(group) + 1:
        return {"method": "lin_hc2", **effect(math.nan, math.nan)}
    tilts = [tilt(group, name, cells[name], pool(pair)) for name in (treatment, control)]
    read = [replace(cell, rest=cell.rest + _step(t)) for cell, t in zip(pair, tilts, strict=True)]
    df = sum(cell.n for cell in pair) - 2 * len(group)
    return {"method": "lin_hc2", **effect(weighted_mean([1, -1], read), sum(source.hc2(tilts)), df, alpha)}


def tilt(group: Group, cell: str, moments: CellMoments, centre: CellMoments) -> Tilt:
    """One cell's regression line, read at the covariates' mean over both arms."""
    inverse = _inverse(moments.cross[1:, 1:])
    return Tilt(group, cell, moments, coefficients(moments), inverse, centre.gap(moments)[1:])


def _step(found: Tilt) -> Vector:
    """From the cell's mean along its line to where it is read (column 0 only)."""
    return np.concatenate([[found.slope @ found.reach], np.zeros(len(found.reach))])
