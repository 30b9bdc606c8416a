"""One block of the bank without marketing, kept small until somebody reads it."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.app import AppWeek
from orchestration.simulator.buying import Purchases
from orchestration.simulator.facts import Facts
from orchestration.simulator.flows import Transactions, end_of_day
from orchestration.simulator.packed import pack_fields, unpack_fields

PARTS = ("transactions", "app", "facts", "hazard")


class Week:
    """What happened, how each day ended, what was known before it began; each part is unpacked when first read."""

    def __init__(self, index: int, days: range, transactions: Transactions, app: AppWeek, facts: Facts, hazard: Purchases) -> None:
        self.index, self.days = index, days
        self.packed = {name: pack_fields(part) for name, part in zip(PARTS, (transactions, app, facts, hazard), strict=True)}

    def let_go(self) -> None:
        """Forgets what was unpacked."""
        for name in (*PARTS, "opening", "ends"):
            self.__dict__.pop(name, None)

    def _part(self, name: str) -> Any:
        return unpack_fields(self.packed[name])

    @cached_property
    def transactions(self) -> Transactions:
        found: Transactions = self._part("transactions")
        return found

    @cached_property
    def app(self) -> AppWeek:
        found: AppWeek = self._part("app")
        return found

    @cached_property
    def facts(self) -> Facts:
        found: Facts = self._part("facts")
        return found

    @cached_property
    def hazard(self) -> Purchases:
        """Cumulative hazards, for the expected truth."""
        found: Purchases = self._part("hazard")
        return found

    @cached_property
    def opening(self) -> NDArray[np.int64]:
        """Cents on demand before the first day."""
        return np.rint(self.facts.demand * 100).astype(np.int64)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Cents on demand at the end of each day, shape (days, customers)."""
        return end_of_day(self.transactions.columns(), self.opening, self.days.start, len(self.days))
