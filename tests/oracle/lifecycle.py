"""The life cycle (TAG-L), from its definitions."""

from datetime import date
from functools import cache

import pandas as pd

from tests.oracle.balances import Balances
from tests.oracle.bank import Bank, Source, Tags, month_end, months_back, number, same_day
from tests.oracle.card import quickpay
from tests.oracle.channels import app, linked, logins
from tests.oracle.products import product_count
from tests.oracle.risk import CHANNELS, consents
from tests.oracle.transactions import code, initiated


def tags(bank: Bank, balances: Balances, days: list[date]) -> Tags:
    """`days`: the snapshot dates before today, whose stages make the run in the present one."""
    found = states(bank, balances)
    start = _start(bank, found["lifecycle_stage"], days)
    return {**found, **_honeymoon(bank, balances, started(bank, balances)), "stage_start_date": start, "days_in_stage": bank.today - start}


def states(bank: Bank, balances: Balances) -> Tags:
    average = balances.average
    start = started(bank, balances)
    found = {"is_honeymoon": bank.today - start <= 90, "is_lost": lost(bank, balances), "is_dormant": dormant(bank, balances),
             "is_growing": _growing(bank, balances), "is_declining": _declining(bank, balances)}
    back = _was_away(bank, balances) & (average >= 100_000) & (2 * average >= balances.peak)
    mature = (average >= 2_000_000) | (product_count(bank) >= 3)
    order = [("lost", found["is_lost"]), ("dormant", found["is_dormant"]), ("honeymoon", found["is_honeymoon"]), ("win_back", back),
             ("declining", found["is_declining"]), ("growing", found["is_growing"]), ("mature", mature)]
    stage = pd.Series([next((name for name, holds in order if holds[one]), "basic") for one in bank.ids], index=bank.ids)
    return {"lifecycle_stage": stage, **found, "is_win_back": back}


def started(bank: Bank, balances: Balances) -> pd.Series:
    """First opening, or the last account opened after twelve months without activity and with an average below 1,000."""
    start = bank.customers["open_date"].astype(float).copy()
    rows = bank.state("account")
    rows = rows[(rows["open_date"] > bank.today - 91) & (rows["open_date"] <= bank.today)]
    for row in rows.sort_values("open_date").itertuples():
        opened = date.fromordinal(int(row.open_date))
        since = number(same_day(opened, 12))
        if row.customer_id in start.index and row.open_date > start[row.customer_id] and since >= balances.first and _was_idle(bank, balances, row.customer_id, since, opened):
            start[row.customer_id] = row.open_date
    return start


def _was_idle(bank: Bank, balances: Balances, customer: str, since: int, opened: date) -> bool:
    moved, used = initiated(bank, 10**6), app(bank, 10**6, "login")
    active = any(((rows["customer_id"] == customer) & (rows["day"] >= since) & (rows["day"] < number(opened))).any() for rows in (moved, used))
    return not active and all(balances.month_average(end)[customer] < 100_000 for end in months_back(opened, 12) if balances.is_loaded(end))


def lost(bank: Bank, balances: Balances) -> pd.Series:
    accounts = bank.state("account")
    standing = bank.has(accounts[accounts["status"] != "closed"])
    lows = [10 * balances.now.on(bank.today - back) < balances.peak for back in range(60)]
    fallen = pd.concat(lows, axis=1).all(axis=1) & (balances.peak >= 5_000_000)
    return fallen | (bank.has(accounts) & ~standing)


def dormant(bank: Bank, balances: Balances) -> pd.Series:
    old = (bank.customers["open_date"] <= bank.today - 180) & (balances.first <= bank.today - 180)
    still = ~bank.has(initiated(bank, 180)) & ~bank.has(app(bank, 180, "login"))
    return old & still & (balances.average < 100_000)


def _was_away(bank: Bank, balances: Balances) -> pd.Series:
    """Dormant or lost at one of the last 11 month ends, as known then."""
    away = pd.Series(False, index=bank.ids)
    for end in months_back(bank.day, 11):
        if balances.is_loaded(end):
            away |= bank.ids.isin(_away(bank.source, end))
    return away


@cache
def _away(source: Source, end: date) -> frozenset[str]:
    """Customers dormant or lost on a day, as known then."""
    then = Bank(source, end)
    past = Balances(then)
    gone = lost(then, past) | dormant(then, past)
    return frozenset(gone[gone].index)


def _before(bank: Bank) -> date:
    return month_end(same_day(bank.day.replace(day=1), 3))


def _growing(bank: Bank, balances: Balances) -> pd.Series:
    end = _before(bank)
    if not balances.is_loaded(end):
        return pd.Series(False, index=bank.ids)
    then, now = balances.month_average(end), balances.average
    return (10 * now >= 12 * then) & (now - then >= 500_000)


def _declining(bank: Bank, balances: Balances) -> pd.Series:
    end = _before(bank)
    now, before = bank.count(initiated(bank, 90)), bank.count(initiated(bank, 90, bank.today - 90))
    quiet = (before >= 4) & (2 * now <= before)
    if not balances.is_loaded(end):
        return quiet
    then = balances.month_average(end)
    return quiet | ((then > 0) & (10 * balances.average <= 7 * then))


def _honeymoon(bank: Bank, balances: Balances, start: pd.Series) -> Tags:
    day = bank.today - start
    inside = day <= 90
    first = _first_meeting(bank, start)
    first["is_first_meeting_done"] = pd.concat(list(first.values()), axis=1).all(axis=1)
    parts = _milestones(bank, balances, start)
    parts["honeymoon_milestone_count"] = pd.concat(list(parts.values()), axis=1).sum(axis=1)
    parts["honeymoon_deadline_day"] = day.map(lambda value: 30 if value <= 30 else 60 if value <= 60 else 90)
    return {name: values.astype(object).where(inside, None) for name, values in {**first, **parts, "honeymoon_day": day}.items()}


def _within(bank: Bank, rows: pd.DataFrame, start: pd.Series, column: str, days: int = 7) -> pd.Series:
    since = rows[column].astype(float) - rows["customer_id"].map(start)
    return bank.has(rows[(since >= 0) & (since <= days)])


def _first_meeting(bank: Bank, start: pd.Series) -> Tags:
    calls, visits, links = bank.events("contact"), bank.events("visit"), linked(bank)
    talk = _within(bank, links, start, "valid_from")
    if not calls.empty:
        talk |= _within(bank, calls[(calls["connected"] == True) & calls["employee_id"].notna()], start, "day")  # noqa: E712
    if not visits.empty:
        talk |= _within(bank, visits[visits["served_by"].notna()], start, "day")
    tested = bank.customers["risk_assessed_date"].astype(float) - start
    return {"has_first_meeting_login": _within(bank, app(bank, 10**6, "login"), start, "day"), "has_first_meeting_consent": _consented(bank, start),
            "has_first_meeting_talk": talk, "has_first_meeting_risk_test": (tested >= 0) & (tested <= 7)}


def _consented(bank: Bank, start: pd.Series) -> pd.Series:
    """Consent for a channel as it stood a week after the start, on today until then."""
    due = (start + 7).clip(upper=bank.today)
    found = pd.Series(False, index=bank.ids)
    for day in sorted(due[bank.today - start <= 90].unique()):
        rows = consents(bank, int(day))
        found |= (due == day) & bank.has(rows[(rows["status"] == "granted") & rows["channel"].isin(CHANNELS)])
    return found


def _milestones(bank: Bank, balances: Balances, start: pd.Series) -> Tags:
    visits = bank.events("visit")
    since = visits[visits["day"] >= visits["customer_id"].map(start)] if not visits.empty else visits
    return {"has_milestone_login": logins(bank, 30) > 0, "has_milestone_salary_or_card": bank.has(code(bank, 92, "salary")) | (quickpay(bank) > 0),
            "has_milestone_balance": balances.now.on(bank.today) >= 100_000, "has_milestone_second_product": product_count(bank) >= 2,
            "has_milestone_second_visit": bank.count(since) >= 2}


def _start(bank: Bank, stage: pd.Series, days: list[date]) -> pd.Series:
    """First snapshot date of the unbroken run in the present stage."""
    start = pd.Series(bank.today, index=bank.ids)
    running = pd.Series(True, index=bank.ids)
    for day in sorted(days, reverse=True):
        then = Bank(bank.source, day)
        running &= states(then, Balances(then))["lifecycle_stage"].reindex(bank.ids) == stage
        start = start.where(~running, number(day))
    return start
