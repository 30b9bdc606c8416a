"""The contract book: every deposit, wealth, fund, insurance, gold and trust contract with its start and its end."""

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import FUND, PRODUCT_FAMILY, PRODUCT_TERM
from orchestration.simulator.seasons import fund_index

Ints = NDArray[np.int64]
NEVER = 10 ** 7
COLUMNS = ("cust", "seq", "product", "cents", "start", "due", "end", "root", "is_forced")


def ranks(keys: Ints) -> Ints:
    """Position of each element among equal keys, in order of appearance."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(keys) else np.zeros(0, bool)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0)) if len(keys) else np.zeros(0, int)
    found = np.empty(len(keys), dtype=np.int64)
    found[order] = np.arange(len(keys)) - begin
    return found


class Book:
    """Grows only; `cents` is the price paid, `due` the day it matures or is redeemed, `end` the day it ended (or NEVER)."""

    def __init__(self, customers: int) -> None:
        self._data = {name: np.empty(1024, dtype=np.int64) for name in COLUMNS}
        self.size = 0
        self._next_seq = np.ones(customers, dtype=np.int64)

    def __getattr__(self, name: str) -> Ints:
        if name in COLUMNS:
            return self._data[name][:self.size]
        raise AttributeError(name)

    @property
    def family(self) -> Ints:
        return np.asarray(PRODUCT_FAMILY[self.product])

    def add(self, cust: Ints, product: Ints, cents: Ints, start: Ints, due: Ints | None = None,
            root: Ints | None = None) -> Ints:
        """New contracts; without `due` the product's term decides. Returns their positions."""
        first, count = self.size, len(cust)
        self._reserve(first + count)
        term = PRODUCT_TERM[product]
        seq = self._next_seq[cust] + ranks(np.asarray(cust))
        position = np.arange(first, first + count)
        values = {"cust": cust, "seq": seq, "product": product, "cents": cents, "start": start,
                  "due": np.where(term > 0, start + term, NEVER) if due is None else due, "end": NEVER,
                  "root": position if root is None else root, "is_forced": 0}
        self.size += count
        for name, value in values.items():
            self._data[name][first:self.size] = value
        np.maximum.at(self._next_seq, cust, seq + 1)
        return position

    def _reserve(self, size: int) -> None:
        if size > len(self._data["cust"]):
            capacity = max(size, 5 * len(self._data["cust"]) // 4)
            self._data = {name: np.resize(column, capacity) for name, column in self._data.items()}

    def alive(self) -> NDArray[np.bool_]:
        return np.asarray(self.end == NEVER)

    def value(self, position: Ints, day: Ints) -> Ints:
        """Cents of contracts on days: what was paid, funds moved by the index at month ends."""
        cents = self.cents[position]
        is_fund = self.family[position] == FUND
        if not is_fund.any():
            return cents
        growth = _index(np.asarray(day) + 0 * position) / _index(self.start[position])
        return np.where(is_fund, np.round(cents * growth).astype(np.int64), cents)

    def family_cents(self, customers: int, families: tuple[int, ...], day: int) -> NDArray[np.float64]:
        """Value per customer of the living contracts of some families."""
        chosen = np.flatnonzero(self.alive() & np.isin(self.family, families) & (self.start <= day))
        return np.bincount(self.cust[chosen], weights=self.value(chosen, np.full(len(chosen), day)), minlength=customers).astype(np.float64)

    def maturing_cents(self, customers: int, family: int, day: int, within: int) -> NDArray[np.float64]:
        """Value per customer that falls due in (day, day + within]."""
        due = self.due
        chosen = np.flatnonzero(self.alive() & (self.family == family) & (due > day) & (due <= day + within))
        return np.bincount(self.cust[chosen], weights=self.cents[chosen], minlength=customers).astype(np.float64)


def _index(days: Ints) -> NDArray[np.float64]:
    distinct, inverse = np.unique(days, return_inverse=True)
    return np.array([fund_index(int(day)) for day in distinct])[inverse] if len(days) else np.zeros(0)
