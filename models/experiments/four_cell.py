"""Model list against BAU list, each with a randomised hold: what the model added and what selection made of it."""

import math
from collections.abc import Mapping
from typing import Any

from models.experiments.inference import Effect, contrast, quantile, two_sided_p
from models.experiments.moments import CellMoments

CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")
OFF_LIST = ("model_unlisted", "bau_unlisted")
CONTRASTS: dict[str, tuple[float, float, float, float]] = {
    "model_effect": (1, -1, 0, 0),
    "bau_effect": (0, 0, 1, -1),
    "model_increment": (1, -1, -1, 1),
    "selection_bias": (0, 1, 0, -1),
    "naive_gap": (1, 0, -1, 0),
}
AGREEMENT_ALPHA = 0.001


def from_cells(cells: Mapping[str, CellMoments], alpha: float = 0.05) -> dict[str, Any]:
    """The four-cell answer of one metric.

    `cells` maps the names of `CELLS` (and, for the policy value, of `OFF_LIST`: units of a policy arm on no list)
    to moments whose column 0 is the metric; absent cells count as empty. Returns `arms` (n, mean, sd per cell), the
    five contrasts of `CONTRASTS` (naive_gap = model_increment + selection_bias), `policy_value` (difference of whole
    policy arms per eligible unit, or None), `agreement` and `problems` (reasons that make the comparison invalid).
    A challenger against a champion is the same call with the challenger as model and the champion as BAU.
    """
    four = [cells.get(name, CellMoments.empty()).pick(0) for name in CELLS]
    answer: dict[str, Any] = {"arms": {name: summary(cell) for name, cell in zip(CELLS, four, strict=True)}}
    for name, weights in CONTRASTS.items():
        answer[name] = _contrast_used(weights, four, alpha)
    answer["policy_value"] = policy_value(cells, alpha)
    answer["agreement"] = agreement(cells)
    answer["problems"] = [f"cell {n} has no rows" for n, cell in zip(CELLS, four, strict=True) if not cell.n]
    check = answer["agreement"]
    if check is not None and check["p_value"] is not None and check["p_value"] < AGREEMENT_ALPHA:
        answer["problems"].append(
            f"policy value by whole arms and by cells disagree by {check['z']:.1f} standard errors"
        )
    return answer


def summary(cell: CellMoments) -> dict[str, Any]:
    """`{n, mean, sd}` with None where undefined."""
    sd = math.sqrt(cell.variance) if cell.n > 1 else None
    return {"n": cell.n, "mean": cell.average if cell.n else None, "sd": sd}


def _contrast_used(weights: tuple[float, ...], four: list[CellMoments], alpha: float) -> Effect:
    used = [(w, cell) for w, cell in zip(weights, four, strict=True) if w]
    return contrast([w for w, _ in used], [cell for _, cell in used], alpha)


def whole_arms(cells: Mapping[str, CellMoments], is_complete: bool = False) -> dict[str, CellMoments] | None:
    """Moments of both policy arms, listed or not; None where the units off the lists are absent.

    `is_complete` says that the cells hold everybody: then an arm without unlisted units was listed as a whole.
    """
    if not is_complete and any(name not in cells or not cells[name].n for name in OFF_LIST):
        return None
    arms = {}
    for policy in ("model", "bau"):
        parts = [cells.get(f"{policy}_{part}", CellMoments.empty()).pick(0) for part in ("contacted", "held", "unlisted")]
        arms[policy] = parts[0] + parts[1] + parts[2]
    return arms


def policy_value(cells: Mapping[str, CellMoments], alpha: float = 0.05, is_complete: bool = False) -> Effect | None:
    """Value per eligible unit of the model policy minus the BAU policy, by intention to treat; see `whole_arms`."""
    arms = whole_arms(cells, is_complete)
    return None if arms is None else contrast([1, -1], [arms["model"], arms["bau"]], alpha)


def agreement(cells: Mapping[str, CellMoments]) -> dict[str, Any] | None:
    """Do whole arms and cells tell the same policy value?

    The difference of the two estimates is exactly the difference of the arms' baselines without contact
    (held for the list, everybody off the list), which random assignment makes equal.
    """
    if whole_arms(cells) is None or any(name not in cells or not cells[name].n for name in CELLS):
        return None
    model, model_variance = _baseline(cells, "model")
    bau, bau_variance = _baseline(cells, "bau")
    se = math.sqrt(model_variance + bau_variance)
    z = (model - bau) / se if se > 0 else math.nan
    defined = not math.isnan(z)
    return {
        "estimate": model - bau,
        "se": None if math.isnan(se) else se,
        "z": z if defined else None,
        "p_value": two_sided_p(z) if defined else None,
        "threshold": quantile(1 - AGREEMENT_ALPHA / 2),
    }


def _baseline(cells: Mapping[str, CellMoments], policy: str) -> tuple[float, float]:
    """Mean without contact of a policy arm and its variance, the list share being random as well."""
    contacted, held, off = (cells[f"{policy}_{part}"].pick(0) for part in ("contacted", "held", "unlisted"))
    total = contacted.n + held.n + off.n
    share = (contacted.n + held.n) / total
    value = share * held.average + (1 - share) * off.average
    spread = share * (1 - share) * (held.average - off.average) ** 2 / total
    variance = share**2 * held.variance / held.n + (1 - share) ** 2 * off.variance / off.n + spread
    return value, variance
