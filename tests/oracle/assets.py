"""Assets and liabilities (TAG-A), from their definitions."""

import numpy as np
import pandas as pd

from tests.oracle.balances import Balances, held
from tests.oracle.bank import Bank, Tags, half_up, months_back
from tests.oracle.transactions import external

FLOORS = [10_000, 50_000, 200_000, 600_000, 3_000_000, 6_000_000]
NAMES = ["t1_below_10k", "t2_10k_50k", "t3_50k_200k", "t4_200k_600k", "t5_600k_3m", "t6_3m_6m", "t7_private"]
WEIGHTS = {"demand": 1.0, "time": 1.0, "wealth": 0.8, "fund": 0.8, "insurance": 1.0, "gold": 0.6, "trust": 0.8, "pension": 1.0}


def step(cents: pd.Series) -> pd.Series:
    """Position of the tier, 0 the lowest."""
    return pd.Series(np.searchsorted(np.array(FLOORS) * 100, cents.to_numpy(), side="right"), index=cents.index)


def share(part: pd.Series, aum: pd.Series) -> pd.Series:
    """Part of the AUM; null below 1,000."""
    return (part / aum.where(aum >= 100_000)).astype(float)


def tags(bank: Bank, balances: Balances) -> Tags:
    aum, average = balances.now.on(bank.today), balances.average
    return {"aum_cny": aum / 100, "aum_month_avg_cny": average / 100, "aum_tier": step(average).map(dict(enumerate(NAMES))),
            "aum_peak_12m_cny": balances.peak / 100, "aum_attrition_rate": 1 - average / balances.peak.where(balances.peak > 0),
            "aum_weighted_month_avg_cny": _weighted(bank, balances),
            **_tiers(bank, balances), **_shares(bank, balances, aum), **_flows(bank), **_loans(bank),
            "maturing_30d_cny": _maturing(bank), "asset_direction": _direction(bank, balances)}


def _tiers(bank: Bank, balances: Balances) -> Tags:
    average, now = balances.average, step(balances.average)
    floor, above = now.map(dict(enumerate([0, *FLOORS]))) * 100, now.map(dict(enumerate([*FLOORS, np.nan]))) * 100
    before = months_back(bank.day, 1)[0]
    change = now - step(balances.month_average(before)) if balances.is_loaded(before) else pd.Series(None, index=bank.ids)
    days = np.arange(30)
    daily = np.stack([balances.now.on(bank.today - 29 + int(day)) for day in days], axis=1).astype(float)
    slope = ((days - days.mean()) * daily).sum(axis=1)
    falling = pd.Series(slope, index=bank.ids) < 0
    return {"aum_tier_change_count": change, "is_near_next_tier": ((above - average) * 5 <= above) & above.notna(),
            "is_tier_drop_risk": (now > 0) & ((average - floor) * 10 <= floor) & falling}


def _shares(bank: Bank, balances: Balances, aum: pd.Series) -> Tags:
    part = {family: balances.now.on(bank.today, family) for family in WEIGHTS}
    return {"demand_share_rate": share(part["demand"], aum), "time_share_rate": share(part["time"], aum),
            "investment_share_rate": share(part["wealth"] + part["fund"] + part["trust"] + part["gold"], aum),
            "fund_share_rate": share(part["fund"], aum), "deposit_share_rate": share(part["demand"] + part["time"], aum)}


def _weighted(bank: Bank, balances: Balances) -> pd.Series:
    tenths = sum((balances.now.sum_of_month(bank.day, family) * round(weight * 10) for family, weight in WEIGHTS.items()),
                 start=pd.Series(0, index=bank.ids))
    return half_up(tenths, 10 * bank.day.day) / 100


def _maturing(bank: Bank) -> pd.Series:
    rows = held(bank)
    rows = rows[rows["family"].isin(list(WEIGHTS))]
    due = rows[(rows["maturity_date"] > bank.today) & (rows["maturity_date"] <= bank.today + 30)]
    return bank.total(due, "market_value_cny") / 100


def _flows(bank: Bank) -> Tags:
    inflow, outflow = external(bank, 30)
    day = _days(bank, 90)
    return {"net_inflow_30d_cny": (bank.total(inflow, "amount_cny") - bank.total(outflow, "amount_cny")) / 100,
            "is_large_inflow": _large(bank, day, 1, "credit"), "is_large_outflow": _large(bank, day, -1, "debit")}


def _days(bank: Bank, days: int) -> pd.DataFrame:
    inflow, outflow = external(bank, days)
    both = pd.concat([inflow.assign(credit=inflow["amount_cny"], debit=0), outflow.assign(credit=0, debit=outflow["amount_cny"])])
    return both.groupby(["customer_id", "day"], as_index=False)[["credit", "debit"]].sum()


def _large(bank: Bank, days: pd.DataFrame, sign: int, side: str) -> pd.Series:
    """A net flow of one of the last three days of at least 50,000 and three times the mean of 90 days."""
    mean = days.groupby("customer_id")[side].sum() / 90
    last = days[days["day"] > bank.today - 3]
    net = (last["credit"] - last["debit"]) * sign
    bar = np.maximum(5_000_000, 3 * last["customer_id"].map(mean).astype(float))
    return bank.has(last[net.astype(float) >= bar])


def _loans(bank: Bank) -> Tags:
    rows = bank.state("loan")
    if rows.empty:
        rows = pd.DataFrame(columns=pd.Index(["customer_id", "balance_cny", "loan_type", "status"]))
    of_type = {kind: rows[(rows["loan_type"] == kind) & (rows["status"] == "open")] for kind in ("mortgage", "business")}
    return {"loan_balance_cny": bank.total(rows, "balance_cny") / 100, "has_mortgage": bank.has(of_type["mortgage"]),
            "has_business_loan": bank.has(of_type["business"])}


def _direction(bank: Bank, balances: Balances) -> pd.Series:
    """Slope of the line through 13 weekly values against twice its standard error."""
    if bank.today - 84 < balances.first:
        return pd.Series(None, index=bank.ids)
    weeks = [balances.now.on(bank.today - 84 + 7 * at).map(int).tolist() for at in range(13)]
    return pd.Series([_slope(values) for values in zip(*weeks, strict=True)], index=bank.ids)


def _slope(cents: tuple[int, ...]) -> str:
    """In whole numbers, so that a constant balance is flat: t^2 = 11 Sxy^2 / (Sxx Syy - Sxy^2), with Sxx = 182."""
    sxy = sum((at - 6) * value for at, value in enumerate(cents))
    syy_13 = 13 * sum(value * value for value in cents) - sum(cents) ** 2
    if 13 * 15 * sxy * sxy <= 4 * 182 * syy_13:
        return "flat"
    return "up" if sxy > 0 else "down"
