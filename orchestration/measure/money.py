"""What a strategy earned, with its interval: income from the measured amounts, contact cost, the price of holding out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.warehouse import Connection
from models.experiments import money
from orchestration.measure.tables import MONEY, MONEY_PARTS

Measured = Mapping[str, Mapping[str, Any]]


def margins(connection: Connection) -> dict[str, float]:
    """Income of the first year per unit of money sold, by product: margin (bp a year) over its term, a year at most."""
    return {product: bp / 10_000 * min(term or 365, 365) / 365 for product, bp, term in connection.execute(
        "select product_id, margin_bp, term_day_count from customer.dim_product where margin_bp is not null"
    ).fetchall()}  # fmt: skip


def measure(
    strategy: Mapping[str, Any], night: date, rows: Measured, counts: Mapping[str, Mapping[str, Any]],
    product_id: str | None, margin: float | None, currency: str,
) -> dict[str, Any]:
    """One row of measure.money; amounts null where no amount is measured or the product has no margin.

    Increment: model list against BAU list. Campaign: model list against nobody contacted. `gross_amount` is what the
    contacted bought, without any control.
    """
    row: dict[str, Any] = dict.fromkeys(MONEY)
    amount = rows.get(f"purchase_amount_{strategy['product_family']}")
    row |= {"strategy_id": strategy["strategy_id"], "strategy_version": strategy["version"], "as_of_date": night,
            "currency": currency, "product_id": product_id, "margin_rate": margin}
    _flows(row, rows.get("net_new_money"))
    _costs(row, counts)
    if amount is None or margin is None or not row["contacted_count"]:
        return row
    _income(row, amount, margin)
    return row


def _costs(row: dict[str, Any], counts: Mapping[str, Mapping[str, Any]]) -> None:
    """Cost of a contact on either list, over lists whose window is over."""
    matured = {name: (int(c["matured_listed"]), float(c["matured_cost"])) for name, c in counts.items()}
    (n, cost), (other_n, other) = (matured.get(f"{policy}_contacted", (0, 0.0)) for policy in ("model", "bau"))
    row["contacted_count"], row["held_count"] = n, matured.get("model_held", (0, 0.0))[0]
    row["contact_cost"] = cost
    row["cost_difference"] = cost - (other / other_n * n if other_n else 0.0)


def _flows(row: dict[str, Any], flow: Mapping[str, Any] | None) -> None:
    """Net new money that the model brought beyond BAU: own transfers, switches and price changes are not in it."""
    if flow is not None:
        _spread(row, "net_new_money", money.scaled(_effect(flow, "model_increment"), flow["n_model_contacted"] or 0))


def _income(row: dict[str, Any], amount: Mapping[str, Any], margin: float) -> None:
    n, held = int(row["contacted_count"]), int(row["held_count"])
    # the increment under the cap fixed before: a few huge purchases must not decide what a model earned
    is_capped = amount.get("model_increment_capped") is not None
    increment = _effect(amount, "model_increment_capped" if is_capped else "model_increment")
    campaign = _effect(amount, "model_effect")
    added = money.profit(increment, n, money.Price(margin, fixed_cost=row["cost_difference"]))
    whole = money.profit(campaign, n, money.Price(margin, fixed_cost=row["contact_cost"]))
    price = money.Price(margin, cost_per_contact=row["contact_cost"] / n)
    for name, found in (("increment_income", added["gross"]), ("increment_profit", added["profit"]),
                        ("campaign_income", whole["gross"]), ("campaign_profit", whole["profit"]),
                        ("hold_cost", money.holdout_cost(campaign, held, price))):
        _spread(row, name, found)
    mean = amount["mean_model_contacted"]
    row["gross_amount"] = mean * n if mean is not None else None


def _effect(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return {"estimate": row[name], "se": row[f"{name}_se"], "ci": None if low is None else [low, high]}


def _spread(row: dict[str, Any], name: str, found: Mapping[str, Any]) -> None:
    assert name in MONEY_PARTS
    low, high = found["ci"] or (None, None)
    row |= {name: found["estimate"], f"{name}_low": low, f"{name}_high": high}
