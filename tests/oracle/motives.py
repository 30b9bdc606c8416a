"""Motives, broken-off journeys, micro-segment and rural tags (TAG-M, X, S, Y), from their definitions."""

from datetime import datetime, timedelta

import pandas as pd

from tests.oracle.balances import Balances, families, held
from tests.oracle.bank import Bank, Tags, number, same_day
from tests.oracle.channels import PHONES, app, contacts
from tests.oracle.demographics import occupation
from tests.oracle.products import lover, purchases


def tags(bank: Bank, balances: Balances) -> Tags:
    switches, early, benefits = _switches(bank), _early(bank), _benefits(bank)
    rows = held(bank)
    risky = bank.has(rows[rows["risk"].isin(["R3", "R4", "R5"])])
    told = bank.customers
    return {"is_motive_safety": lover(bank, balances) & ~risky, "top_rate_switch_count_12m": switches, "is_motive_yield": switches >= 2,
            "early_redemption_rate_180d": early, "is_motive_liquidity": early >= 0.5, "benefit_redemption_rate_180d": benefits,
            "is_motive_benefits": benefits >= 0.5, **_breaks(bank), "is_application_break": _application(bank), "is_unreachable": _unreachable(bank),
            "is_long_queue": _queue(bank), "has_senior_title": told["title"].isin(["director", "executive", "shareholder"]),
            "is_legal_representative": told["legal_rep_flag"].map(lambda value: value is True), **_rural(bank)}


def _switches(bank: Bank) -> pd.Series:
    bought = purchases(bank)
    bought = bought[(bought["day"] > number(same_day(bank.day, 12))) & bought["family"].isin(["time", "wealth"])]
    rows = bank.known("holding").sort_values(["dt", "known_at"], kind="stable").drop_duplicates("contract_no", keep="last")
    ended = rows[rows["product_id"].map(families(bank)).isin(["time", "wealth"]) & rows["maturity_date"].notna()]
    ends = ended.groupby("customer_id")[["product_id", "maturity_date"]].apply(lambda some: list(some.itertuples(index=False, name=None)))
    best: dict[int, set[str]] = {}
    good = []
    for row in bought.itertuples():
        due = any(product != row.product_id and 0 <= row.day - end <= 7 for product, end in ends.get(row.customer_id, []))
        good.append(due and row.product_id in best.setdefault(int(row.day), _best(bank, int(row.day))))
    return bank.count(bought[pd.Series(good, index=bought.index, dtype=bool)])


def _best(bank: Bank, day: int) -> set[str]:
    """Products of the highest expected rate of their family on sale that day, as known that day."""
    rows = bank.state("product", day, day)
    rows = rows[rows["family"].isin(["time", "wealth"]) & (rows["on_sale"] == True) & rows["expected_rate"].notna()]  # noqa: E712
    rate = rows["expected_rate"].astype(float)
    return set(rows[rate == rate.groupby(rows["family"]).transform("max")]["product_id"])


def _early(bank: Bank) -> pd.Series:
    rows = bank.state("holding")
    rows = rows[rows["product_id"].map(families(bank)).isin(["wealth", "fund", "gold", "trust"]) & (rows["market_value_cny"].fillna(0) <= 0)]
    ended = rows[rows["dt"] > bank.today - 180]
    early = (ended["dt"] - ended["start_date"] <= 30) & (ended["maturity_date"].isna() | (ended["dt"] < ended["maturity_date"]))
    return bank.of(early.astype(float).groupby(ended["customer_id"]).mean())


def _benefits(bank: Bank) -> pd.Series:
    rows = bank.events("benefit_use", 180)
    if rows.empty:
        return pd.Series(None, index=bank.ids, dtype=float)
    granted, used = bank.count(rows[rows["action"] == "granted"]), bank.count(rows[rows["action"] == "redeemed"])
    return (used / granted.where(granted > 0)).clip(upper=1)


def _breaks(bank: Bank) -> Tags:
    day = datetime.fromordinal(bank.today)
    full = day + timedelta(days=1) - timedelta(hours=24)
    late = timedelta(hours=24)
    pages, failed = app(bank, 3, "order_confirm"), app(bank, 3, "login_failed")
    pages, failed = pages[pages["ts"] <= full], failed[failed["ts"] <= full]
    orders, logins = app(bank, 5, "order_placed"), app(bank, 5, "login")
    starts, ends = app(bank, 7, "risk_test_start"), app(bank, 7, "risk_test_finish")
    often = failed[failed.groupby("customer_id")["ts"].transform("size") >= 3] if not failed.empty else failed
    return {"is_purchase_break": _unfollowed(bank, pages, orders, late), "is_login_failure": _unfollowed(bank, often, logins, late),
            "is_risk_test_break": _unfollowed(bank, starts, ends, timedelta(days=30))}


def _unfollowed(bank: Bank, steps: pd.DataFrame, next_steps: pd.DataFrame, within: timedelta) -> pd.Series:
    """The last step of a customer was not followed by a next one within the time."""
    after = {customer: list(some) for customer, some in next_steps.groupby("customer_id")["ts"]}
    last = {customer: max(some) for customer, some in steps.groupby("customer_id")["ts"]}
    left = [one for one, at in last.items() if not any(at <= then <= at + within for then in after.get(one, []))]
    return pd.Series(bank.ids.isin(left), index=bank.ids)


def _application(bank: Bank) -> pd.Series:
    rows = bank.state("application")
    if rows.empty:
        return bank.has(rows)
    end = datetime.fromordinal(bank.today) + timedelta(days=1)
    rows = rows[rows["stage"].isin(["started", "submitted", "review", "approved"])]
    age = rows["stage_ts"].map(lambda at: bank.today - at.toordinal())
    return bank.has(rows[(age < 14) & rows["stage_ts"].map(lambda at: end - at > timedelta(hours=72)).astype(bool)])


def _unreachable(bank: Bank) -> pd.Series:
    rows = contacts(bank, 60)
    rows = rows[rows["channel_id"].isin(PHONES)].sort_values(["ts", "contact_id"]) if len(rows) else rows
    last = rows.groupby("customer_id").tail(3)
    lost = last[last["connected"] != True]  # noqa: E712
    return bank.count(lost) == 3


def _queue(bank: Bank) -> pd.Series:
    rows = bank.events("visit", 30)
    if rows.empty:
        return bank.has(rows)
    last = rows.sort_values(["ts", "visit_id"]).drop_duplicates("customer_id", keep="last")
    return bank.has(last[last["queue_min"].fillna(0).astype(float) > 30])


def _rural(bank: Bank) -> Tags:
    told = bank.customers
    village = told["village_id"].map(lambda value: isinstance(value, str))
    county = told["county_flag"].map(lambda value: value is True)
    loans = bank.state("loan")
    some = loans[(loans["status"] == "open") & loans["loan_type"].isin(["farmer", "business"])] if not loans.empty else loans.assign(granted_cny=[], drawn_cny=[])
    granted, drawn = bank.total(some.assign(granted_cny=some["granted_cny"].fillna(0)), "granted_cny"), bank.total(some.assign(drawn_cny=some["drawn_cny"].fillna(0)), "drawn_cny")
    status = [("drawn" if out > 0 else "granted") if has else stage for has, out, stage in zip(bank.has(some), drawn, told["village_stage"], strict=True)]
    villages = bank.state("village").set_index("village_id")
    cover = {one: row.granted_count / row.listed_count for one, row in villages.iterrows() if row.listed_count and row.listed_count > 0}
    return {"is_rural": county & ((occupation(bank) == "farmer") | village), "credit_status": pd.Series(status, index=bank.ids, dtype=object),
            "credit_drawdown_rate": (drawn / granted.where(granted > 0)).where(bank.has(some)), "village_coverage_rate": told["village_id"].map(cover)}
