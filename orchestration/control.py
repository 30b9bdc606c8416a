"""The control tables that tell dbt which range and which snapshot dates this run builds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from features.warehouse import Connection

REPORTING_CURRENCY = {"core": "CNY", "berka": "CZK"}


@dataclass(frozen=True)
class BuildRange:
    """The business dates of one run; `load_from_date` reaches back to the earliest row learnt in it."""

    load_from_date: date
    from_date: date
    to_date: date
    decision_dates: tuple[date, ...]

    def snapshot_dates(self) -> dict[date, str]:
        """Dates with tag and feature snapshots: month-ends of the loaded range and the decision dates."""
        dates = dict.fromkeys(month_ends(self.load_from_date, self.to_date), "month_end")
        dates.update(dict.fromkeys(self.decision_dates, "decision"))
        return dict(sorted(dates.items()))


def of_night(row: Mapping[str, object]) -> BuildRange:
    """The range of a row of state.night."""
    first, start, end = (date.fromisoformat(str(row[name])) for name in ("load_from_date", "from_date", "to_date"))
    return BuildRange(first, start, end, tuple(map(date.fromisoformat, json.loads(str(row["decision_dates"])))))


def month_ends(first: date, last: date) -> Iterable[date]:
    """Every month-end d with first <= d <= last."""
    day = (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    while day <= last:
        yield day
        day = (day + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def write(connection: Connection, built: BuildRange, run_id: str, source: str) -> None:
    """Replaces control.build_range and control.snapshot_date."""
    connection.execute("create schema if not exists control")
    connection.execute(
        "create or replace table control.build_range (load_from_date date, from_date date, to_date date,"
        " run_id varchar, reporting_currency varchar)"
    )
    connection.execute(
        "insert into control.build_range values (?, ?, ?, ?, ?)",
        [built.load_from_date, built.from_date, built.to_date, run_id, REPORTING_CURRENCY.get(source, "CNY")],
    )
    write_snapshot_dates(connection, built.snapshot_dates())


def write_snapshot_dates(connection: Connection, dates: Mapping[date, str]) -> None:
    """Replaces control.snapshot_date."""
    connection.execute("create or replace table control.snapshot_date (as_of_date date, kind varchar)")
    connection.executemany("insert into control.snapshot_date values (?, ?)", list(dates.items()))


def snapshot_parts(dates: Mapping[date, str], customer_count: int, most: int) -> list[dict[date, str]]:
    """The dates in order, cut so that no part holds more than `most` customer-dates (but at least one date).

    A first load brings a year of month-ends: built at once, a large bank's windows would not fit into memory.
    """
    size = max(1, most // max(customer_count, 1))
    ordered = sorted(dates.items())
    return [dict(ordered[i:i + size]) for i in range(0, len(ordered), size)]
