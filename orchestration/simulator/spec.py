"""What a simulated bank is asked to be: its seed, size, dates and formats."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from features.errors import KehuError

EPOCH = date(1970, 1, 1).toordinal()
LATE_EVERY = 11
"""Every 11th customer id opens within the year after `start` (10 % a year; CMB grew 9.5 % in 2021)."""
LOOK_AHEAD_DAYS = 98
"""Reactions compare with purchases up to 90 days ahead; a block more keeps whole blocks."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def to_date(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(int(number) + EPOCH)


def compact(number: int) -> str:
    """YYYYMMDD of a day number, as file names carry it."""
    return to_date(number).strftime("%Y%m%d")


@dataclass(frozen=True)
class BankSpec:
    """`start` is the first night; the history covers the months before it, `customers` are on the books at `start`."""

    seed: int
    customers: int
    start: date
    history_months: int = 12
    dirt: bool = True
    interactions: bool = True
    encoding: str = "utf-8"
    format: str = "csv"
    history_format: str | None = "parquet"
    effects: str = "demo"
    dispatch_fault: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.customers < 1:
            raise KehuError(f"a bank needs customers, got {self.customers}", "--customers 2000")
        if not 0 <= self.history_months <= 120:
            raise KehuError(f"history of {self.history_months} months", "--history-months between 0 and 120")
        if self.encoding not in ("utf-8", "gb18030") or self.format not in ("csv", "parquet"):
            raise KehuError(f"encoding {self.encoding}, format {self.format}", "utf-8 or gb18030; csv or parquet")
        if self.dispatch_fault is not None and self.dispatch_fault[1] not in ("drops_held", "drops_contacted"):
            raise KehuError(f"dispatch fault {self.dispatch_fault[1]}", "drops_held or drops_contacted")
        if self.effects not in ("demo", "realistic"):
            raise KehuError(f"effects {self.effects}", "demo or realistic")

    @property
    def world_key(self) -> tuple[object, ...]:
        """What a bank's world depends on: neither lists nor formats, but how its market answers."""
        return (self.seed, self.customers, self.start, self.history_months, self.effects, self.interactions,
                self.dispatch_fault)

    @property
    def pool(self) -> int:
        """Customer numbers in use: those on the books at `start` and those who open in the year after."""
        return self.customers + (self.customers - 1) // (LATE_EVERY - 1)

    @property
    def start_day(self) -> int:
        return day_number(self.start)

    @property
    def history_from(self) -> int:
        """Day number of the first day of history: the first of a month."""
        months = self.start.year * 12 + self.start.month - 1 - self.history_months
        return day_number(date(months // 12, months % 12 + 1, 1)) if self.history_months else self.start_day

    def block_start(self, index: int) -> int:
        """First day of block `index`: a week, aligned to `start`; the first one of history may be shorter."""
        shift = -((self.start_day - self.history_from) // -7)
        return max(self.history_from, self.start_day + 7 * (index - shift))

    def block_of(self, day: int) -> int:
        """The block that holds a day."""
        shift = -((self.start_day - self.history_from) // -7)
        return (day - self.start_day) // 7 + shift


def months_between(first: int, last: int) -> list[tuple[int, int]]:
    """[first, last] cut at month ends, as (from, to) day numbers."""
    month_starts = np.arange(np.datetime64(to_date(first), "M") + 1, np.datetime64(to_date(last), "M") + 1)
    cuts = [first, *(int(m.astype("datetime64[D]").astype(int)) for m in month_starts), last + 1]
    return [(a, b - 1) for a, b in pairwise(cuts)]
