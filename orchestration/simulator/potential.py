"""What each customer does under every way of contacting him: replays of the market, the truth behind experiments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import CHANNEL_IDS, PRODUCT_FAMILY, PRODUCT_IDS
from orchestration.simulator.lines import Lines, joined
from orchestration.simulator.overlay import Overlay, build_overlay
from orchestration.simulator.reaction import Answers, Market
from orchestration.simulator.streams import Floats
from orchestration.simulator.world import INVESTED, World

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Campaign:
    """One strategy's list of one evening: everybody of `cust` is contacted."""

    strategy: str
    cust: Ints
    as_of: int
    channel: str = "rm_phone"
    product: str = "W180A"

    def lines(self) -> Lines:
        """As the market reads them."""
        columns = {"as_of": self.as_of, "strategy": 0, "channel": CHANNEL_IDS.index(self.channel),
                   "product": PRODUCT_IDS.index(self.product), "list_number": 0, "script": -1, "policy": 0}
        return Lines(cust=self.cust, **{name: np.full(len(self.cust), value) for name, value in columns.items()},
                     strategy_ids=[self.strategy], list_ids=[f"{self.strategy}-{self.as_of}"], script_ids=[])


class Replay:
    """The market after campaigns (and the bank's past ones), everything else equal."""

    def __init__(self, world: World, campaigns: list[Campaign]) -> None:
        self._world = world
        self.lines = joined([world.past.take(world.past.policy >= 0), *(campaign.lines() for campaign in campaigns)])
        self._market = Market(world, self.lines)
        self.answers: Answers = self._market.play()

    def bought(self, cust: Ints, family: int, after: int, window: int) -> Floats:
        """1 where the customer buys of the family in (after, after + window], else 0."""
        return self._market.timeline.bought_within(family, cust, np.full(len(cust), after), window).astype(float)

    def sales(self, cust: Ints, family: int, after: int, window: int) -> tuple[Floats, Floats]:
        """Per customer: purchases in (after, after + window], and yuan paid for them."""
        book, answers, n = self._world.book, self.answers, self._world.people.count
        base = np.flatnonzero((book.family == family) & ~self._market.timeline.is_removed & _inside(book.start, after, window))
        made = np.flatnonzero(answers.kind_buys() & (PRODUCT_FAMILY[answers.product] == family) & _inside(answers.buy_day, after, window))
        who = np.concatenate([book.cust[base], self.lines.cust[made]])
        cents = np.concatenate([book.cents[base], answers.cents[made]])
        return np.bincount(who, minlength=n)[cust].astype(float), np.bincount(who, weights=cents, minlength=n)[cust] / 100

    def assets(self, cust: Ints, day: int) -> Floats:
        """Yuan held at the end of a day: balance and contracts of all families."""
        removed = np.flatnonzero(self._market.timeline.is_removed)
        overlay = build_overlay(self._world, self.lines, self.answers, removed, day)
        ends = self._world.ends_of(np.arange(self._world.people.count), day, day).astype(np.int64)
        overlay.apply(range(day, day + 1), ends, ends[0].copy())
        cents = ends[0] + self._contract_cents(overlay, day)
        return np.asarray(cents[cust] / 100)

    def _contract_cents(self, overlay: Overlay, day: int) -> Floats:
        book, extra, n = self._world.book, overlay.contracts, self._world.people.count
        lives = (book.start <= day) & (book.end > day) & np.isin(book.family, INVESTED) & ~overlay.is_removed(book.size)
        base, added = np.flatnonzero(lives), (extra.start <= day) & (extra.end > day)
        value = book.value(base, np.full(len(base), day))
        return np.asarray(np.bincount(book.cust[base], weights=value, minlength=n)
                          + np.bincount(extra.cust[added], weights=extra.cents[added], minlength=n))


def _inside(day: Ints, after: int, window: int) -> NDArray[np.bool_]:
    return np.asarray((day > after) & (day <= after + window))
