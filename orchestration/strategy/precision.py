"""How precisely four cells of given sizes will show the model's increment: said before anybody is contacted."""

import math
from dataclasses import dataclass
from typing import Any

from scipy.special import ndtri

from models.experiments.power import Setting
from models.experiments.power import plan as power_plan

ALPHA, POWER = 0.05, 0.8
FORMULA = "SE^2 = sum over the four cells of var / n, contacted cells at base + expected effect; MDE = (z_a + z_b) SE"


@dataclass(frozen=True)
class Outlook:
    """One policy's list until the final look: `mean` and `sd` of the outcome without contact, `effect` of a contact."""

    rows: int
    mean: float
    sd: float
    effect: float


def increment_se(model: Outlook, bau: Outlook, hold: float, is_rate: bool) -> float:
    """Standard error of the model increment by the variances of all four cells."""
    return math.sqrt(sum(
        _variance(of, of.effect, is_rate) / (of.rows * (1 - hold)) + _variance(of, 0.0, is_rate) / (of.rows * hold)
        for of in (model, bau)))  # fmt: skip


def _variance(of: Outlook, effect: float, is_rate: bool) -> float:
    """A rate's variance follows from the rate; how a contact spreads amounts nobody knows beforehand: as without."""
    if not is_rate:
        return of.sd**2
    rate = min(max(of.mean + effect, 0.0), 1.0)
    return rate * (1 - rate)


def precision(model: Outlook, bau: Outlook, hold: float, is_rate: bool, mde: float) -> dict[str, Any]:
    """`{planned_half_width, planned_mde, is_powered, n_needed, power}`, the last two for `mde`.

    The half-width is that of the 95 % interval, the detectable effect what is found with 80 % power: 1.43 times that.
    """
    se, rows = increment_se(model, bau, hold, is_rate), min(model.rows, bau.rows)
    spread = 2 * (1 / hold + 1 / (1 - hold))  # of the engine's four cells, all of one variance
    setting = Setting(sd=se * math.sqrt(rows / spread), hold=hold, alpha=ALPHA)
    found = power_plan("four_cell", setting, n=rows, power=POWER)["mde"]
    return {
        "planned_half_width": float(ndtri(1 - ALPHA / 2)) * se, "planned_mde": found, "is_powered": found <= mde,
        "n_needed": power_plan("four_cell", setting, mde=mde, power=POWER)["n_per_arm"],
        "power": power_plan("four_cell", setting, n=rows, mde=mde)["power"],
    }  # fmt: skip
