"""When customers buy each family: base contracts that are left, and purchases that contacts added."""

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.book import NEVER, Book

Ints = NDArray[np.int64]
SPAN = 10 ** 6


class Timeline:
    """Grows as lines are played."""

    def __init__(self, book: Book, customers: int) -> None:
        self._book, self._customers = book, customers
        self.is_removed = np.zeros(book.size, dtype=bool)
        self._extra: dict[int, list[tuple[Ints, Ints]]] = {}
        self._sorted: dict[int, tuple[Ints, Ints]] = {}

    def _base(self, family: int) -> tuple[Ints, Ints]:
        """(keys, positions) of the family's contracts, sorted by customer and start."""
        if family not in self._sorted:
            position = np.flatnonzero((self._book.family == family) & ~self.is_removed)
            key = self._book.cust[position] * SPAN + self._book.start[position]
            order = np.argsort(key, kind="stable")
            self._sorted[family] = key[order], position[order]
        return self._sorted[family]

    def next_purchase(self, family: int, cust: Ints, day: Ints) -> tuple[Ints, Ints]:
        """(position, start) of the first base purchase after a day; (-1, NEVER) without one."""
        keys, positions = self._base(family)
        at = np.searchsorted(keys, cust * SPAN + day, side="right")
        inside = np.minimum(at, max(len(keys) - 1, 0))
        hit = (at < len(keys)) & ((keys[inside] // SPAN == cust) if len(keys) else False)
        return (np.where(hit, positions[inside] if len(keys) else -1, -1),
                np.where(hit, keys[inside] % SPAN if len(keys) else NEVER, NEVER))

    def record(self, family: int, cust: Ints, kind: Ints, position: Ints, buy_day: Ints, advanced: int) -> None:
        """Removes base contracts with the renewals that follow them (kind >= advanced); adds purchases (kind 1 or advanced)."""
        gone = position[kind >= advanced]
        if len(gone):
            self._remove(gone)
        buys = (kind == 1) | (kind == advanced)
        if buys.any():
            self._extra.setdefault(family, []).append((cust[buys], buy_day[buys]))

    def _remove(self, gone: Ints) -> None:
        book = self._book
        since = np.full(book.size, NEVER, dtype=np.int64)
        np.minimum.at(since, book.root[gone], book.start[gone])
        self.is_removed |= (book.start >= since[book.root]) & ~self.is_removed
        self._sorted.clear()

    def extras(self, family: int) -> tuple[Ints, Ints]:
        """(customers, days) of added purchases."""
        parts = self._extra.get(family, [])
        none = np.zeros(0, np.int64)
        return (np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])) if parts else (none, none)

    def has_extra_near(self, family: int, cust: Ints, day: Ints, within: int) -> NDArray[np.bool_]:
        """Whether an added purchase of the customer lies less than `within` days away."""
        who, when = self.extras(family)
        keys = np.sort(who * SPAN + when)
        low = np.searchsorted(keys, cust * SPAN + day - within + 1, side="left")
        high = np.searchsorted(keys, cust * SPAN + day + within - 1, side="right")
        return np.asarray(high > low)

    def bought_within(self, family: int, cust: Ints, after: Ints, window: int) -> NDArray[np.bool_]:
        """Whether a purchase, base or added, falls in (after, after + window]."""
        _, first = self.next_purchase(family, cust, after)
        who, when = self.extras(family)
        keys = np.sort(who * SPAN + when)
        added = (np.searchsorted(keys, cust * SPAN + after + window, side="right")
                 > np.searchsorted(keys, cust * SPAN + after, side="right"))
        return np.asarray((first <= after + window) | added)
