"""What marketing changed: contracts that vanish, contracts and movements that appear, and the balances after them."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import FUND, PRODUCT_FAMILY, PRODUCT_IDS, PRODUCT_TERM
from orchestration.simulator.contract import table
from orchestration.simulator.flows import TXN_FIELDS, Transactions

Ints = NDArray[np.int64]


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass
class ExtraContracts:
    """Contracts that only exist because of a contact; `number` counts within the customer."""

    cust: Ints = field(default_factory=_none)
    number: Ints = field(default_factory=_none)
    product: Ints = field(default_factory=_none)
    cents: Ints = field(default_factory=_none)
    start: Ints = field(default_factory=_none)
    end: Ints = field(default_factory=_none)

    @property
    def is_fund(self) -> NDArray[np.bool_]:
        return np.asarray(PRODUCT_FAMILY[self.product] == FUND)

    def table(self, position: Ints, day: Ints, ended: NDArray[np.bool_]) -> pa.Table:
        """Holding rows; extra contracts keep their price."""
        cust, product = self.cust[position], self.product[position]
        term = PRODUCT_TERM[product]
        return table("holding", {
            "contract_no": c.ids("r", cust * 10000 + self.number[position], 12), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "product_id": c.chosen(PRODUCT_IDS, product), "market_value_cny": c.money(np.where(ended, 0, self.cents[position])),
            "cost_cny": c.money(self.cents[position]), "start_date": c.dates(self.start[position]),
            "maturity_date": c.dates(self.start[position] + term, term == 0), "auto_renew": c.flags(np.zeros(len(cust), bool))})


def no_transactions() -> Transactions:
    return Transactions(**{name: np.zeros(0, np.int64) for name in TXN_FIELDS})


@dataclass
class Overlay:
    """Empty when nothing was listed; `shifts` are (customers, first day, end-of-day shifts of shape (days, customers))."""

    removed: Ints = field(default_factory=_none)
    contracts: ExtraContracts = field(default_factory=ExtraContracts)
    transactions: Transactions = field(default_factory=no_transactions)
    shifts: list[tuple[Ints, int, NDArray[np.int64]]] = field(default_factory=list)

    def is_removed(self, size: int) -> NDArray[np.bool_]:
        """Mask over the book's positions."""
        mask = np.zeros(size, dtype=bool)
        mask[self.removed] = True
        return mask

    def apply(self, days: range, ends: NDArray[np.int64], opening: Ints) -> None:
        """Adds the shifts of a block to its end-of-day balances and to the balance before it."""
        for cust, first, shift in self.shifts:
            last = first + len(shift) - 1
            if days.start - 1 >= first and days.start - 1 <= last:
                opening[cust] += shift[days.start - 1 - first]
            for day in range(max(days.start, first), min(days.stop - 1, last) + 1):
                ends[day - days.start, cust] += shift[day - first]
