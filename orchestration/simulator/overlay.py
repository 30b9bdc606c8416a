"""What marketing changed: contracts that vanish, contracts and movements that appear, and the balances after them."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.book import NEVER, ranks
from orchestration.simulator.catalogue import (
    BANK,
    FUND,
    OWN_OTHER,
    PRODUCT_BUY,
    PRODUCT_FAMILY,
    PRODUCT_IDS,
    PRODUCT_REDEEM,
    PRODUCT_TERM,
    TRANSFER_IN,
)
from orchestration.simulator.contract import table
from orchestration.simulator.flows import (
    IS_CREDIT,
    MORNING_SECONDS,
    Flow,
    Transactions,
    sorted_transactions,
)
from orchestration.simulator.lines import Lines
from orchestration.simulator.reaction import Answers
from orchestration.simulator.streams import Floats
from orchestration.simulator.world import World

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
    return sorted_transactions([_none() for _ in range(7)])


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


def build_overlay(world: World, lines: Lines, answers: Answers, removed: Ints, last: int) -> Overlay:
    """The overlay of played lines as far as day `last`; own money first, other banks' when it is short."""
    contracts = _contracts(lines, answers)
    movements = _movements(world, contracts, answers.own_share[answers.kind_buys()])
    gone = _gone_movements(world, removed)
    touched = np.unique(np.concatenate([contracts.cust, gone[0]]))
    first = int(min([*contracts.start, *gone[1]], default=last + 1))
    if first > last:
        return Overlay(removed, contracts)
    shifts, covers = [], []
    past = np.isin(touched, world.watched)
    for cust, begin in ((touched[past], first), (touched[~past], max(first, world.spec.start_day))):
        if len(cust) and begin <= last:
            shift, cover = _shift(world, cust, begin, last, [movements, gone])
            shifts.append((cust, begin, shift))
            covers.append(cover)
    kept = [np.concatenate(column) for column in zip(movements, *covers, strict=True)]
    kept = [column[kept[1] <= last] for column in kept]
    return Overlay(removed, contracts, sorted_transactions(kept), shifts)


def _contracts(lines: Lines, answers: Answers) -> ExtraContracts:
    buys = answers.kind_buys()
    cust, product, start = lines.cust[buys], answers.product[buys], answers.buy_day[buys]
    term = PRODUCT_TERM[product]
    return ExtraContracts(cust=cust, number=ranks(cust) + 1, product=product, cents=answers.cents[buys], start=start,
                          end=np.where(term > 0, start + term, NEVER))


def _movements(world: World, contracts: ExtraContracts, own_share: Floats) -> list[Ints]:
    """Columns of a flow: money from other banks, the purchase, the redemption."""
    flow, cust, cents = Flow(world.streams), contracts.cust, contracts.cents
    flow.add(cust, contracts.start, ((1 - own_share) * cents / 100).astype(np.int64) * 100, TRANSFER_IN, OWN_OTHER, salt=11)
    flow.add(cust, contracts.start, cents, PRODUCT_BUY, BANK, salt=12)
    ends = contracts.end < NEVER
    flow.add(cust[ends], contracts.end[ends], cents[ends], PRODUCT_REDEEM, BANK, salt=13)
    return flow.columns()


def _gone_movements(world: World, removed: Ints) -> list[Ints]:
    """What the removed contracts would have moved, with the opposite code: money that stays where it was."""
    book = world.book
    cust, start, end = book.cust[removed], book.start[removed], book.end[removed]
    over = end < NEVER
    value = book.value(removed[over], end[over])
    columns = [np.concatenate([cust, cust[over]]), np.concatenate([start, end[over]]), np.zeros(len(cust) + over.sum(), np.int64),
               np.concatenate([book.cents[removed], value]),
               np.concatenate([np.full(len(cust), PRODUCT_REDEEM), np.full(int(over.sum()), PRODUCT_BUY)])]
    return [*columns, np.full(len(columns[0]), BANK), np.full(len(columns[0]), -1)]


def _shift(world: World, cust: Ints, first: int, last: int, flows: list[list[Ints]]) -> tuple[NDArray[np.int64], list[Ints]]:
    """End-of-day shifts of shape (days, customers), and the cover transfers that keep every day at zero or above."""
    days = last - first + 1
    daily = sum(_daily_of(columns, cust, first, days) for columns in flows)
    shift = np.cumsum(np.asarray(daily), axis=0)
    ends = world.ends_of(cust, first, last)
    covers: list[list[Ints]] = []
    for row in range(days):
        short = np.flatnonzero(ends[row] + shift[row] < 0)
        if len(short):
            cents = -((ends[row] + shift[row])[short] // 10000) * 10000
            shift[row:, short] += cents
            covers.append(_cover(world, cust[short], first + row, cents))
    none = [np.zeros(0, np.int64)] * 7
    return shift, [np.concatenate(column) for column in zip(none, *covers, strict=True)]


def _cover(world: World, cust: Ints, day: int, cents: Ints) -> list[Ints]:
    sec = (world.streams.sparse("cover_overlay", cust, day) * MORNING_SECONDS).astype(np.int64)
    n = len(cust)
    return [cust, np.full(n, day), sec, cents, np.full(n, TRANSFER_IN), np.full(n, OWN_OTHER), np.full(n, -1)]


def _daily_of(columns: list[Ints], cust: Ints, first: int, days: int) -> NDArray[np.int64]:
    """Signed cents of shape (days, customers) of those movements that fall on them."""
    who, day, _, cents, code = columns[:5]
    at = np.minimum(np.searchsorted(cust, who), len(cust) - 1)
    inside = (cust[at] == who) & (day >= first) & (day < first + days)
    signed = np.where(IS_CREDIT[code], cents, -cents)[inside]
    cell = (day[inside] - first) * len(cust) + at[inside]
    return np.bincount(cell, weights=signed, minlength=days * len(cust)).astype(np.int64).reshape(days, len(cust))
