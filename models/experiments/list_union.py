"""When a bank refuses to randomise customers to policies: contact is randomised over the union of both lists."""

from collections.abc import Mapping
from typing import Any

from features.errors import KehuError
from models.experiments.inference import contrast
from models.experiments.moments import CellMoments

STRATA = ("model_only", "bau_only", "both")


def policy_difference(
    cells: Mapping[tuple[str, str], CellMoments], probability: Mapping[str, float], alpha: float = 0.05
) -> dict[str, Any]:
    """Value of following the model's list instead of the BAU list, per unit of the union.

    `cells` maps (stratum of `STRATA`, contacted|held) to moments; `probability` is the logged probability of contact
    in each stratum, which must lie in (0, 1). Units on both lists are treated alike by both policies and cancel, so
    the difference is share(model_only) * effect(model_only) - share(bau_only) * effect(bau_only): inverse-probability
    weighting with a constant probability per stratum, each stratum's weights summing to its size. Returns `{estimate,
    se, ci, p_value, strata}`; there is no selection term, since both lists share one pool of held customers.
    """
    for stratum in STRATA:
        if not 0 < probability.get(stratum, 0.0) < 1:
            raise KehuError(
                f"contact probability of {stratum} is {probability.get(stratum)}", "log a probability above 0 and below 1"
            )
    empty = CellMoments.empty()
    four = [cells.get((s, part), empty).pick(0) for s in STRATA[:2] for part in ("contacted", "held")]
    total = sum(cell.n for cell in cells.values())
    if total == 0:
        raise KehuError("the union of the lists has no units", "check the lists")
    shares = {s: sum(cells.get((s, part), empty).n for part in ("contacted", "held")) / total for s in STRATA}
    model, bau = shares["model_only"], shares["bau_only"]
    strata = {
        s: {"share": shares[s], **contrast([1, -1], [cells.get((s, part), empty).pick(0) for part in ("contacted", "held")], alpha)}
        for s in STRATA
    }
    return {**contrast([model, -model, -bau, bau], four, alpha), "strata": strata}
