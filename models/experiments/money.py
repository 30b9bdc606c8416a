"""From effects per customer to money: income, cost, profit with its interval, price of holding out."""

from dataclasses import dataclass
from typing import Any

from models.experiments.inference import Effect


@dataclass(frozen=True)
class Price:
    """`value_per_unit` of the metric in money, `cost_per_contact`, `fixed_cost` of the whole campaign."""

    value_per_unit: float
    cost_per_contact: float = 0.0
    fixed_cost: float = 0.0


def scaled(effect: Effect, factor: float, shift: float = 0.0) -> dict[str, Any]:
    """`factor * effect + shift` with its interval; None stays None."""
    if effect["estimate"] is None:
        return {"estimate": None, "se": None, "ci": None}
    ci = effect["ci"]
    ends = sorted(factor * end + shift for end in ci) if ci is not None else None
    se = abs(factor) * effect["se"] if effect["se"] is not None else None
    return {"estimate": factor * effect["estimate"] + shift, "se": se, "ci": ends}


def profit(effect: Effect, contacted: int, price: Price) -> dict[str, Any]:
    """Money from `contacted` customers with `effect` per contact, cost deducted.

    `{gross, cost, profit}`; gross and profit are `{estimate, se, ci}`. Cost is known, so it moves the interval and
    does not widen it.
    """
    cost = contacted * price.cost_per_contact + price.fixed_cost
    factor = contacted * price.value_per_unit
    return {"gross": scaled(effect, factor), "cost": cost, "profit": scaled(effect, factor, -cost)}


def policy_profit(policy_value: Effect, eligible: int, price: Price, extra_contacts: int = 0) -> dict[str, Any]:
    """Money from using the model policy for all `eligible` customers instead of BAU; cost of extra contacts deducted."""
    cost = extra_contacts * price.cost_per_contact + price.fixed_cost
    factor = eligible * price.value_per_unit
    return {"gross": scaled(policy_value, factor), "cost": cost, "profit": scaled(policy_value, factor, -cost)}


def holdout_cost(effect: Effect, held: int, price: Price) -> dict[str, Any]:
    """Profit forgone by holding `held` customers out (negative when contacting them loses money)."""
    net = price.cost_per_contact * held
    return scaled(effect, held * price.value_per_unit, -net)
