"""Value (TAG-V), from the words of caliber 2 (the full one)."""

from datetime import date

import numpy as np
import pandas as pd

from tests.oracle.balances import Balances, held
from tests.oracle.bank import Bank, Tags, month_end, months_back
from tests.oracle.transactions import code, quintile

BASIS = {"demand": 150, "time": 60, "wealth": 50, "fund": 60, "insurance": 80, "other": 40}
"""Margin of a family in basis points a year, where no product held says its own."""
OTHERS = ["gold", "trust", "pension"]


def rounded(value: pd.Series) -> pd.Series:
    """Whole cents, halves away from zero; values are far from the limits of a double."""
    return np.sign(value) * np.floor(value.abs() + 0.5 + 1e-7)


def tags(bank: Bank, balances: Balances) -> Tags:
    margin = _deposits(bank, balances) + _lending(bank)
    loss, fee, cost = _loss(bank), _fees(bank), _costs(bank)
    total = margin + fee - cost - loss
    entity = bank.customers["legal_entity"].fillna("")
    grade = pd.concat([quintile(some) for _, some in total.groupby(entity.to_numpy())]).reindex(bank.ids)
    return {"contribution_12m_cny": total / 100, "contribution_margin_12m_cny": margin / 100, "contribution_fee_12m_cny": fee / 100,
            "contribution_cost_12m_cny": cost / 100, "contribution_loss_12m_cny": loss / 100, "value_grade": grade,
            "cost_to_serve_90d_cny": _contacts(bank, 90) / 100}


def _ends(bank: Bank) -> list[date]:
    own = [bank.day] if month_end(bank.day) == bank.day else []
    return [*own, *months_back(bank.day, 12)][:12]


def _deposits(bank: Bank, balances: Balances) -> pd.Series:
    """Sum of the last twelve month ends x the margin / 12, to the cent."""
    rates, total = _rates(bank), pd.Series(0.0, index=bank.ids)
    for family, basis in BASIS.items():
        members = OTHERS if family == "other" else [family]
        ends = [balances.at_end(end).on(end.toordinal(), one) for end in _ends(bank) if balances.is_loaded(end) for one in members]
        money = sum(ends, start=pd.Series(0, index=bank.ids))
        rate = rates[family].reindex(bank.ids) if family in rates else pd.Series(np.nan, index=bank.ids)
        total += money * rate.fillna(basis * 100).astype(float)
    return rounded(total / 12 / 1_000_000)


def _rates(bank: Bank) -> dict[str, pd.Series]:
    """Hundredths of a basis point: the margins of the products held, weighted with their value."""
    rows = held(bank)
    margin = bank.state("product").set_index("product_id")["margin_bp"]
    rows = rows.assign(family=rows["family"].replace(dict.fromkeys(OTHERS, "other")), margin=rows["product_id"].map(margin).astype(float),
                       value=rows["market_value_cny"].astype(float))
    rows = rows[rows["family"].isin(list(BASIS)) & rows["margin"].notna()]
    rows = rows.assign(weighted=rows["value"] * rows["margin"] * 100)
    sums = rows.groupby(["family", "customer_id"])[["weighted", "value"]].sum()
    rate = np.floor(sums["weighted"] / sums["value"] + 0.5)
    return {str(family): rate.xs(family) for family in sums.index.levels[0]}


def _loans(bank: Bank) -> tuple[pd.Series, pd.Series]:
    """Balance of open loans, and of those 90 days overdue."""
    rows = bank.state("loan")
    if rows.empty:
        return pd.Series(0, index=bank.ids), pd.Series(0, index=bank.ids)
    rows = rows[rows["status"] == "open"]
    return bank.total(rows, "balance_cny"), bank.total(rows[rows["overdue_days"].fillna(0).astype(float) >= 90], "balance_cny")


def _lending(bank: Bank) -> pd.Series:
    return rounded(_loans(bank)[0] * 180 / 10_000)


def _loss(bank: Bank) -> pd.Series:
    balance, late = _loans(bank)
    return rounded(((balance - late) * 40 + late * 2500) / 10_000)


def _fees(bank: Bank) -> pd.Series:
    """Booked fees of 365 days; where the bank books none, card income is the net spending x 40 basis points."""
    if bank.events("fee_income").empty:
        spend = bank.total(code(bank, 365, "consume"), "amount_cny") - bank.total(code(bank, 365, "refund"), "amount_cny")
        return rounded(spend * 40 / 10_000)
    return bank.total(bank.events("fee_income", 365), "amount_cny").astype(float)


def _contacts(bank: Bank, days: int) -> pd.Series:
    rows = bank.events("contact", days)
    return bank.total(rows.assign(cost=rows["cost_cny"].fillna(0)), "cost") if not rows.empty else bank.total(rows, "cost")


def _costs(bank: Bank) -> pd.Series:
    """Contacts, minutes at the counter and benefits of 365 days."""
    visits, benefits, costs = bank.events("visit", 365), bank.events("benefit_use", 365), bank.state("cost")
    total = _contacts(bank, 365).astype(float)
    minute = costs[costs["object_type"] == "visit_minute"]
    if not visits.empty and len(minute):
        total += rounded(bank.total(visits.assign(minutes=visits["serve_min"].fillna(0).astype(float)), "minutes") * float(minute["unit_cost_cny"].iloc[0]))
    if not benefits.empty:
        total += bank.total(benefits.assign(cost=benefits["cost_cny"].fillna(0)), "cost")
    return total
