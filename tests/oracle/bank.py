"""The accepted extract rows of a home as of one day and as known that day; amounts are whole cents, dates day numbers."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

Tags = dict[str, pd.Series]
"""Tag id to one value a customer (index: the bank's customers in order); null is None or NaN."""

KEYS = {
    "customer": ["customer_id"], "account": ["account_id"], "product": ["product_id"], "holding": ["contract_no"],
    "card": ["card_id"], "loan": ["loan_id"], "consent": ["customer_id", "purpose", "channel"], "complaint": ["complaint_id"],
    "rm_assignment": ["customer_id", "employee_id", "valid_from"], "application": ["application_id"], "village": ["village_id"],
    "customer_relation": ["from_id", "to_id", "rel_type", "valid_from"], "branch": ["branch_id"],
    "private_domain": ["customer_id", "link_type", "link_id", "valid_from"], "cost": ["object_type", "object_id"]}
"""What identifies a row of a snapshot entity; the row of the newest business date not after the day is in force."""


def number(day: date) -> int:
    """The day as a number; differences of numbers are days."""
    return day.toordinal()


def month_end(day: date) -> date:
    """Last day of the day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def months_back(day: date, count: int) -> list[date]:
    """Ends of the `count` months before the day's month, newest first."""
    found, at = [], day.replace(day=1) - timedelta(days=1)
    for _ in range(count):
        found.append(at)
        at = at.replace(day=1) - timedelta(days=1)
    return found


def same_day(day: date, months: int) -> date:
    """The day so many months earlier, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 - months
    last = month_end(date(index // 12, index % 12 + 1, 1))
    return last.replace(day=min(day.day, last.day))


def half_up(total: pd.Series, count: int) -> pd.Series:
    """Whole cents of total / count, halves away from zero."""
    return np.sign(total) * ((2 * total.abs() + count) // (2 * count))


def plain(column: pd.Series) -> pd.Series:
    """Money as whole cents, dates as day numbers, anything else as it is."""
    some = next((value for value in column if value is not None and not pd.isna(value)), None)
    if isinstance(some, Decimal):
        return column.map(lambda value: None if value is None or pd.isna(value) else int(value * 100)).astype("Float64")
    if type(some) is date:
        return column.map(lambda value: None if value is None or pd.isna(value) else number(value)).astype("Float64")
    return column


@dataclass(eq=False)
class Source:
    """The rows that a home accepted, every one of them, by entity."""

    home: Path
    read: dict[str, pd.DataFrame] = field(default_factory=dict)

    def rows(self, entity: str) -> pd.DataFrame:
        """All accepted rows of a canonical entity, whenever known; empty where none was ever sent."""
        if entity not in self.read:
            self.read[entity] = self.files("core", entity)
        return self.read[entity]

    def files(self, source: str, entity: str) -> pd.DataFrame:
        """The rows of one raw folder with their technical columns."""
        folder = self.home / "raw" / source / entity
        if not any(folder.glob("*.parquet")):
            return pd.DataFrame()
        with duckdb.connect() as connection:
            found = connection.execute(f"select * from read_parquet('{folder}/*.parquet', union_by_name = true) "
                                       "order by file_date, file_id, line_no").fetchall()
            names = [item[0] for item in connection.description or []]
        frame = pd.DataFrame(found, columns=names, dtype=object)
        return frame.apply(plain)


def _unreversed(rows: pd.DataFrame) -> pd.DataFrame:
    """Without what was reversed and without the reversals themselves."""
    if "reversal_of" not in rows or rows["reversal_of"].isna().all():
        return rows
    taken_back = set(rows["reversal_of"].dropna())
    return rows[rows["reversal_of"].isna() & ~rows["txn_id"].isin(taken_back)]


class Bank:
    """The bank on `day` as the nights up to that day knew it."""

    def __init__(self, source: Source, day: date) -> None:
        self.source, self.day, self.today = source, day, number(day)

    def known(self, entity: str, by: int | None = None) -> pd.DataFrame:
        rows = self.source.rows(entity)
        return rows if rows.empty else rows[rows["known_at"] <= (self.today if by is None else by)]

    def state(self, entity: str, on: int | None = None, by: int | None = None) -> pd.DataFrame:
        """Rows in force on a day (default: today)."""
        rows = self.known(entity, by)
        if rows.empty:
            return pd.DataFrame(columns=pd.Index(dict.fromkeys([*KEYS[entity], "dt", "customer_id"])))
        rows = rows[rows["dt"] <= (self.today if on is None else on)]
        return rows.sort_values(["dt", "known_at"], kind="stable").drop_duplicates(KEYS[entity], keep="last")

    def events(self, entity: str, days: int = 10**6, until: int | None = None) -> pd.DataFrame:
        """Rows of the `days` days that end `until` (default: today), with their day; corrected ones are already taken back."""
        rows = self.known(entity)
        if rows.empty:
            return pd.DataFrame(columns=pd.Index(["customer_id", "ts", "day", "row_sign"]))
        last = self.today if until is None else until
        rows = _unreversed(self._netted(entity, rows))
        return rows[(rows["day"] <= last) & (rows["day"] > last - days)]

    def _netted(self, entity: str, rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.assign(day=rows["ts"].map(lambda value: value.toordinal()))
        if (rows["row_sign"] > 0).all():
            return rows
        told = [name for name in rows if name not in ("file_date", "known_at", "is_known_assumed", "row_sign", "file_id", "line_no")]
        left = rows.groupby(told, dropna=False, as_index=False)["row_sign"].sum()
        return left[left["row_sign"] > 0]

    @cached_property
    def customers(self) -> pd.DataFrame:
        """Customers opened by today and not merged away, by id."""
        rows = self.state("customer")
        return rows[(rows["open_date"] <= self.today) & rows["merged_into"].isna()].set_index("customer_id").sort_index()

    @property
    def ids(self) -> pd.Index:
        return self.customers.index

    def of(self, values: pd.Series, empty: object = None) -> pd.Series:
        """Values by customer for every customer; `empty` where there is none."""
        found = values.reindex(self.ids)
        return found if empty is None else found.astype(object).where(found.notna(), empty)

    def count(self, rows: pd.DataFrame) -> pd.Series:
        return self.of(rows.groupby("customer_id").size(), 0).astype(int)

    def total(self, rows: pd.DataFrame, column: str) -> pd.Series:
        """Sum in whole cents; nothing is zero."""
        if rows.empty:
            return pd.Series(0, index=self.ids)
        return self.of(rows.groupby("customer_id")[column].sum(), 0).astype(float).round().astype("int64")

    def has(self, rows: pd.DataFrame) -> pd.Series:
        return pd.Series(self.ids.isin(rows["customer_id"].unique()), index=self.ids)
