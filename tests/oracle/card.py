"""Credit cards (TAG-K), from their definitions."""

import numpy as np
import pandas as pd

from tests.oracle.bank import Bank, Tags
from tests.oracle.transactions import code


def tags(bank: Bank) -> Tags:
    return {**_cards(bank), **_bills(bank), "card_spend_month_avg_cny": _spend(bank)}


def quickpay(bank: Bank) -> pd.Series:
    rows = _open(bank)
    return bank.total(rows.assign(bound=rows["quickpay_bindings"].fillna(0).astype(float)), "bound")


def _open(bank: Bank) -> pd.DataFrame:
    rows = bank.state("card")
    names = ["status", "activate_date", "first_txn_date", "used_limit_cny", "credit_limit_cny", "quickpay_bindings"]
    return rows[rows["status"] == "open"] if not rows.empty else rows.reindex(columns=["customer_id", *names])


def _cards(bank: Bank) -> Tags:
    rows = _open(bank)
    started = rows["activate_date"].astype(float)
    active = rows[started <= bank.today]
    first = active["first_txn_date"].astype(float)
    soon = active[(first <= bank.today) & (first <= active["activate_date"].astype(float) + 30)]
    limits = rows[rows["credit_limit_cny"].astype(float) > 0]
    used, limit = bank.total(limits.assign(used=limits["used_limit_cny"].fillna(0)), "used"), bank.total(limits, "credit_limit_cny")
    spent = bank.has(code(bank, 180, "consume"))
    return {"has_active_card": bank.has(active), "is_first_swipe_30d": bank.has(soon).astype(object).where(bank.has(active), None),
            "quickpay_binding_count": quickpay(bank), "card_utilisation_rate": used / limit.where(limit > 0),
            "is_sleeping_card": bank.has(rows[started <= bank.today - 180]) & ~spent}


def _spend(bank: Bank) -> pd.Series:
    total = bank.total(code(bank, 90, "consume"), "amount_cny") - bank.total(code(bank, 90, "refund"), "amount_cny")
    return np.sign(total) * ((total.abs() * 2 + 3) // 6) / 100


def _bills(bank: Bank) -> Tags:
    rows, year = bank.events("card_bill", 180), bank.events("card_bill", 365)
    if year.empty:
        return {"card_payer_type": pd.Series(None, index=bank.ids), "is_instalment_lover": bank.has(year)}
    full = rows["paid_cny"] >= rows["statement_cny"]
    least = ~full & (rows["paid_cny"] <= rows["minimum_cny"])
    count, plans = bank.count(rows), bank.total(rows, "instalment_plans")
    kind = np.select([bank.count(rows[least]) * 2 >= count, plans > 0, bank.count(rows[full]) < count],
                     ["minimum_payer", "instalment", "revolver"], "transactor")
    return {"card_payer_type": pd.Series(kind, index=bank.ids).where(count > 0, None),
            "is_instalment_lover": bank.total(year, "instalment_plans") >= 2}
