"""Effects by segment (exploratory, shrunken), the winner's curse over strategies, and interactions between campaigns."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.experiments.inference import Effect, contrast
from models.experiments.moments import CellMoments
from models.experiments.multiplicity import benjamini_hochberg, shrink


def by_segment(
    cells: Mapping[tuple[str, str], CellMoments], treatment: str, control: str, alpha: float = 0.05
) -> dict[str, dict[str, Any]]:
    """Effect per segment beside its shrunken form; `cells` maps (segment, arm) to moments.

    A segment without error (an arm below two units, nothing varies) has no shrunken form.
    """
    names = sorted({segment for segment, _ in cells})
    empty = CellMoments.empty()
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        pair = [cells.get((name, arm), empty).pick(0) for arm in (treatment, control)]
        found[name] = {"n": pair[0].n + pair[1].n, **contrast([1, -1], pair, alpha), "shrunken": None}
    usable = [name for name in names if found[name]["se"]]
    if usable:
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
