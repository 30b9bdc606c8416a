"""Effects by segment (exploratory, shrunken), the winner's curse over strategies, and interactions between campaigns."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.experiments.inference import Effect, contrast
from models.experiments.moments import CellMoments
from models.experiments.multiplicity import benjamini_hochberg, shrink


def by_segment(
    cells: Mapping[tuple[str, str], CellMoments], weights: Mapping[str, float], least: int = 1, alpha: float = 0.05
) -> dict[str, dict[str, Any]]:
    """Contrast per segment beside its shrunken form; `cells` maps (segment, arm) to moments, `weights` the arms.

    A segment with an arm below `least` units is left out. One without error (an arm below two units, nothing varies)
    has no shrunken form, nor has one that is alone: there is nothing to pull it to.
    """
    empty = CellMoments.empty()
    found: dict[str, dict[str, Any]] = {}
    for name in sorted({segment for segment, _ in cells}):
        parts = [cells.get((name, arm), empty).pick(0) for arm in weights]
        if min(part.n for part in parts) >= least:
            effect = contrast(list(weights.values()), parts, alpha)
            found[name] = {"n": sum(part.n for part in parts), **effect, "shrunken": None}
    usable = [name for name in found if found[name]["se"]]
    if len(usable) > 1:
        pulled = shrink([found[name]["estimate"] for name in usable], [found[name]["se"] for name in usable])
        for name, value in zip(usable, pulled, strict=True):
            found[name]["shrunken"] = float(value)
    return found


def winners_curse(effects: Sequence[Effect], alpha: float = 0.05) -> dict[str, Any]:
    """How much too high the significant lifts are likely to be: their sum raw and shrunken over all effects.

    The excess is what the board must not promise; reconcile it with the global holdout.
    """
    estimates, errors, p_values = (np.array([e[key] for e in effects]) for key in ("estimate", "se", "p_value"))
    chosen = (p_values < alpha) & (estimates > 0)
    claimed, shrunken = float(estimates[chosen].sum()), float(shrink(estimates, errors)[chosen].sum())
    return {"count": int(chosen.sum()), "claimed": claimed, "shrunken": shrunken, "excess": claimed - shrunken}


def interactions(pairs: Mapping[tuple[str, str], Mapping[tuple[int, int], CellMoments]], alpha: float = 0.05) -> dict[tuple[str, str], Effect]:
    """Do two campaigns change each other's effect? Coefficient of T_a x T_b per pair of strategies.

    Each pair maps (treated by a, treated by b) to moments; errors allow unequal variances (the saturated regression
    with robust errors); `p_value_adjusted` is Benjamini-Hochberg over the pairs that are defined.
    """
    found = {}
    for pair, cells in pairs.items():
        four = [cells.get(key, CellMoments.empty()).pick(0) for key in ((1, 1), (1, 0), (0, 1), (0, 0))]
        found[pair] = {**contrast([1, -1, -1, 1], four, alpha), "p_value_adjusted": None}
    known = [pair for pair in found if found[pair]["p_value"] is not None and not math.isnan(found[pair]["p_value"])]
    if known:
        for pair, p in zip(known, benjamini_hochberg([found[pair]["p_value"] for pair in known]), strict=True):
            found[pair]["p_value_adjusted"] = float(p)
    return found
