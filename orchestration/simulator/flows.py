"""Money movements of one week and the balances they lead to; no day ends below zero."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import (
    BONUS,
    CASH_IN,
    DIVIDEND,
    INTEREST,
    LOAN_DRAWDOWN,
    MERCHANT_RECEIPT,
    OWN_OTHER,
    PENSION,
    PRODUCT_REDEEM,
    REFUND,
    SALARY,
    SECURITIES_IN,
    STOCK_UNLOCK,
    TRANSFER_IN,
    TXN_CODES,
)
from orchestration.simulator.streams import Streams

Ints = NDArray[np.int64]
CREDIT_CODES = (SALARY, PENSION, BONUS, TRANSFER_IN, REFUND, CASH_IN, INTEREST, LOAN_DRAWDOWN, PRODUCT_REDEEM,
                SECURITIES_IN, MERCHANT_RECEIPT, DIVIDEND, STOCK_UNLOCK)
IS_CREDIT = np.isin(np.arange(len(TXN_CODES)), CREDIT_CODES)
MORNING_SECONDS = 8 * 3600
DAY_SECONDS = 14 * 3600
TXN_FIELDS = ("cust", "day", "sec", "cents", "code", "party", "contract", "seq")


@dataclass
class Transactions:
    """Equal-length columns, sorted by customer, day and second; `seq` counts within customer and day."""

    cust: NDArray[np.int32]
    day: NDArray[np.int32]
    sec: NDArray[np.int32]
    cents: Ints
    code: NDArray[np.int8]
    party: NDArray[np.int8]
    contract: NDArray[np.int32]
    seq: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.cust)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Transactions":
        return Transactions(**{name: getattr(self, name)[chosen] for name in TXN_FIELDS})

    def columns(self) -> list[Ints]:
        """As flow columns: customer, day, second, cents, code, party, contract."""
        return [getattr(self, name).astype(np.int64) for name in TXN_FIELDS[:7]]

    @property
    def signed(self) -> Ints:
        return np.asarray(np.where(IS_CREDIT[self.code], self.cents, -self.cents))


class Flow:
    """Collects the movements of one block."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._parts: list[tuple[Ints, ...]] = []

    def add(self, cust: Ints, day: Ints | int, cents: Ints, code: Ints | int, party: Ints | int,
            contract: Ints | int = -1, salt: int = 0) -> None:
        """Movements with a time of day: credits before 08:00, debits until 22:00; those of zero cents are left out."""
        n = len(cust)
        columns = [np.broadcast_to(np.asarray(x), (n,)).astype(np.int64) for x in (day, cents, code, party, contract)]
        keep = columns[1] > 0
        if not keep.any():
            return
        cust, day, cents, code, party, contract = (x[keep] for x in (np.asarray(cust), *columns))
        extra = np.where(contract >= 0, np.abs(cents) % 9973, salt)
        u = self._streams.sparse("settle_second", cust, day * 65536 + code * 2048 + extra % 2048)
        sec = np.where(IS_CREDIT[code], u * MORNING_SECONDS, MORNING_SECONDS + u * DAY_SECONDS)
        self._parts.append((cust, day, sec.astype(np.int64), cents, code, party, contract))

    def add_timed(self, cust: Ints, day: Ints, sec: Ints, cents: Ints, code: Ints, party: Ints) -> None:
        """Movements whose second is given."""
        self._parts.append((cust, day, sec, cents, code, party, np.full(len(cust), -1)))

    def columns(self) -> list[Ints]:
        """Customer, day, second, cents, code, party, contract of everything added."""
        none = [np.zeros(0, np.int64)] * 7
        return [np.concatenate(column) for column in zip(none, *self._parts, strict=True)]

    def settle(self, opening: Ints, first_day: int, days: int) -> tuple[Transactions, Ints]:
        """Sorted movements, cover transfers included, and the balances after them."""
        joined = self.columns()
        ends = end_of_day(joined, opening, first_day, days)
        cover = self._cover(ends, first_day)
        joined = [np.concatenate(pair) for pair in zip(joined, cover, strict=True)]
        closing = ends[-1] + _daily(cover, len(opening), first_day, days).sum(axis=0)
        return sorted_transactions(joined), closing

    def _cover(self, ends: NDArray[np.int64], first_day: int) -> list[Ints]:
        """One transfer from the customer's other bank on the first day that would end below zero, rounded up to 100."""
        short = np.flatnonzero(ends.min(axis=0) < 0)
        day = first_day + (ends[:, short] < 0).argmax(axis=0)
        cents = -(ends[:, short].min(axis=0) // 10000) * 10000
        sec = (self._streams.sparse("cover_second", short, day) * MORNING_SECONDS).astype(np.int64)
        n = len(short)
        return [short, day, sec, cents, np.full(n, TRANSFER_IN), np.full(n, OWN_OTHER), np.full(n, -1)]


def end_of_day(columns: list[Ints], opening: Ints, first_day: int, days: int) -> NDArray[np.int64]:
    """Running balances, shape (days, customers)."""
    return np.asarray(opening + np.cumsum(_daily(columns, len(opening), first_day, days), axis=0))


def _daily(columns: list[Ints], customers: int, first_day: int, days: int) -> NDArray[np.int64]:
    cust, day, _, cents, code = columns[:5]
    signed = np.where(IS_CREDIT[code], cents, -cents)
    cell = (day - first_day) * customers + cust
    return np.bincount(cell, weights=signed, minlength=days * customers).astype(np.int64).reshape(days, customers)


def sorted_transactions(columns: list[Ints]) -> Transactions:
    """Transactions of flow columns in the order in which ids are given."""
    cust, day, sec, cents, code, party, contract = columns
    order = np.lexsort((contract, cents, code, (((cust << 20) + day) << 17) + sec))
    cust, day, sec, cents, code, party, contract = (x[order] for x in columns)
    key = (cust << 20) + day
    first = np.concatenate([[True], key[1:] != key[:-1]]) if len(key) else np.zeros(0, bool)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(key)), 0)) if len(key) else np.zeros(0, np.int64)
    seq = np.arange(len(key)) - begin
    return Transactions(cust.astype(np.int32), day.astype(np.int32), sec.astype(np.int32), cents, code.astype(np.int8),
                        party.astype(np.int8), contract.astype(np.int32), seq.astype(np.int16))
