"""Every customer's balance of every family on every day, built from the holdings' rows alone."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from tests.oracle.bank import Bank, half_up, month_end, months_back, number

AUM = ["demand", "time", "wealth", "fund", "insurance", "gold", "trust", "pension"]


def families(bank: Bank) -> pd.Series:
    """Family of each product."""
    return bank.state("product").set_index("product_id")["family"]


def held(bank: Bank) -> pd.DataFrame:
    """Contracts with a value today, with their product's family and risk level."""
    rows = bank.state("holding")
    products = bank.state("product").set_index("product_id")
    rows = rows[rows["market_value_cny"].fillna(0) > 0]
    return rows.assign(family=rows["product_id"].map(products["family"]), risk=rows["product_id"].map(products["risk_level"]))


@dataclass
class Daily:
    """End-of-day cents by family: one array of customers x days; column 0 is the first day of the loaded history."""

    bank: Bank
    by: int

    @cached_property
    def first(self) -> int:
        """The first day of the month of the first known month end."""
        rows = self.bank.source.rows("holding")
        return number(date.fromordinal(int(rows["dt"].min())).replace(day=1))

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        steps = self._steps()
        width = self.by - self.first + 1
        found = {}
        for family in AUM:
            some = steps[steps["family"] == family]
            if some.empty:
                found[family] = np.broadcast_to(np.int64(0), (len(self.bank.ids), width))
                continue
            grid = np.zeros((len(self.bank.ids), width), dtype="int64")
            where = self.bank.ids.get_indexer(some["customer_id"])
            keep = where >= 0
            np.add.at(grid, (where[keep], some["at"].to_numpy(dtype=int)[keep]), some["delta"].to_numpy(dtype="int64")[keep])
            found[family] = grid.cumsum(axis=1)
        return found

    def _steps(self) -> pd.DataFrame:
        """What each holding row adds to a customer's family on its day: the new value, less the one that it replaces."""
        rows = self.bank.known("holding", self.by)
        rows = rows[rows["dt"] <= self.by].sort_values(["contract_no", "dt", "known_at"], kind="stable")
        rows = rows.drop_duplicates(["contract_no", "dt"], keep="last")
        value = rows["market_value_cny"].fillna(0).clip(lower=0)  # what is overdrawn is owed, not held
        new = pd.DataFrame({"customer_id": rows["customer_id"], "product_id": rows["product_id"], "at": rows["dt"] - self.first,
                            "delta": value})
        before = rows.groupby("contract_no")[["customer_id", "product_id"]].shift()
        old = pd.DataFrame({"customer_id": before["customer_id"], "product_id": before["product_id"], "at": rows["dt"] - self.first,
                            "delta": -value.groupby(rows["contract_no"]).shift().fillna(0)}).dropna(subset=["customer_id"])
        return pd.concat([new, old]).assign(family=lambda steps: steps["product_id"].map(families(self.bank)))

    @cached_property
    def aum(self) -> np.ndarray:
        return np.sum([grid for grid in self.arrays.values() if grid.strides != (0, 0)], axis=0)

    def on(self, day: int, family: str | None = None) -> pd.Series:
        grid = self.aum if family is None else self.arrays[family]
        values = grid[:, day - self.first] if 0 <= day - self.first < grid.shape[1] else np.zeros(len(self.bank.ids), "int64")
        return pd.Series(values, index=self.bank.ids)

    def average(self, last: date, family: str | None = None) -> pd.Series:
        """Mean of the end-of-day values from the first of the month to `last`, half up to the cent."""
        return half_up(self.sum_of_month(last, family), last.day)

    def sum_of_month(self, last: date, family: str | None = None) -> pd.Series:
        grid = self.aum if family is None else self.arrays[family]
        start, stop = number(last.replace(day=1)) - self.first, number(last) - self.first + 1
        return pd.Series(grid[:, max(start, 0):stop].sum(axis=1), index=self.bank.ids)


class Balances:
    """Balances as known today, and of ended months as known at their end."""

    def __init__(self, bank: Bank) -> None:
        self.bank, self.now = bank, Daily(bank, bank.today)
        self.first = self.now.first
        self._ends: dict[date, Daily] = {}

    def is_loaded(self, end: date) -> bool:
        """True for a month end inside the loaded history."""
        return number(end) >= number(month_end(date.fromordinal(self.first)))

    def at_end(self, end: date) -> Daily:
        if end not in self._ends:
            self._ends[end] = Daily(self.bank, number(end))
        return self._ends[end]

    @cached_property
    def average(self) -> pd.Series:
        return self.now.average(self.bank.day)

    def month_average(self, end: date) -> pd.Series:
        return self.at_end(end).average(end)

    @cached_property
    def peak(self) -> pd.Series:
        months = [self.month_average(end) for end in months_back(self.bank.day, 11) if self.is_loaded(end)]
        return pd.concat([self.average, *months], axis=1).max(axis=1)
