"""Who buys what in a week without any marketing: maturities, first purchases, new deposits, redemptions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.book import Book
from orchestration.simulator.catalogue import (
    BANK,
    FUND,
    GOLD,
    INSURANCE,
    PRODUCT_BUY,
    PRODUCT_IDS,
    PRODUCT_MIN_CENTS,
    PRODUCT_REDEEM,
    TIME,
    WEALTH,
)
from orchestration.simulator.facts import (
    FUND_INDEX,
    INSURANCE_INDEX,
    WEALTH_INDEX,
    Facts,
    Index,
    honeymoon,
    index_value,
    weekly,
)
from orchestration.simulator.flows import Flow
from orchestration.simulator.people import People
from orchestration.simulator.planted import NEAR_PRIVATE, PRIVATE_AUM
from orchestration.simulator.portfolio import Habits, choose_product
from orchestration.simulator.seasons import is_quarter_end, monthly_dates
from orchestration.simulator.streams import Floats, Streams
from orchestration.simulator.wealth import SAVERS_PART

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
STREAM_OF = {WEALTH: "buy_wealth", FUND: "buy_fund", INSURANCE: "buy_insurance"}
INDEX_OF: dict[int, Index] = {WEALTH: WEALTH_INDEX, FUND: FUND_INDEX, INSURANCE: INSURANCE_INDEX}
RENEW, TO_WEALTH, TO_FUND = 0.82, 0.02, 0.01
"""What a maturing deposit does: 82 % renew, 3 % switch at once (none of savers'; more buy through the index), 15 % leave."""
WEALTH_AGAIN, SHOPPERS_AGAIN = 0.55, 0.95
RENEW_OPEN_END_WEEK = 0.006
LEAST_CENTS = 100000


Small = NDArray[np.float32]
Propensities = dict[int, tuple[Ints, Small, Small, Small]]
"""Family -> customers (never invested, 10,000 yuan or more), their observable index, hidden part, chance in 30 days."""


@dataclass
class Purchases:
    """Cumulative hazards of a week per customer, for the expected truth."""

    wealth: NDArray[np.float32]
    fund: NDArray[np.float32]


class Buying:
    """Base-layer purchases; writes contracts into the book and their movements into the flow."""

    def __init__(self, people: People, habits: Habits, book: Book, streams: Streams, invests_monthly: Mask) -> None:
        self._invests_monthly = invests_monthly
        self._people, self._habits, self._book, self._streams = people, habits, book, streams
        self.propensities: Propensities = {}

    def week(self, flow: Flow, awake: Mask, facts: Facts, is_leaving: Mask, days: range, when: int) -> Purchases:
        """Runs the week's maturities and purchases."""
        hazard = Purchases(*(np.zeros(self._people.count, np.float32) for _ in range(2)))
        self._mature(flow, facts, is_leaving, days, hazard)
        self._redeem_open_end(flow, days, when)
        can_buy = awake & ~is_leaving & (self._people.age >= 18)
        self.propensities = {}
        for family in (WEALTH, FUND, INSURANCE):
            self._buy(flow, family, can_buy, facts, days, when, hazard)
        self._deposit(flow, can_buy, facts, days, when)
        self._invest_monthly(flow, can_buy, days)
        return hazard

    def _invest_monthly(self, flow: Flow, can_buy: Mask, days: range) -> None:
        """A fixed sum into the money fund on the 16th, by some of those who hold funds."""
        for _, day in monthly_dates(days.start, days.stop - 1, 16):
            cust = np.flatnonzero(can_buy & self._habits.holds[FUND] & self._invests_monthly)
            self._open(flow, cust, np.full(len(cust), PRODUCT_IDS.index("F001")), 50000 + 10000 * (cust % 10), np.full(len(cust), day))

    def _mature(self, flow: Flow, facts: Facts, is_leaving: Mask, days: range, hazard: Purchases) -> None:
        book, people = self._book, self._people
        due = np.flatnonzero(book.alive() & (book.due >= days.start) & (book.due < days.stop))
        cust, day, family = book.cust[due], book.due[due], book.family[due]
        value = book.value(due, day)
        book.end[due] = day
        flow.add(cust, day, value, PRODUCT_REDEEM, BANK, contract=due)
        u = self._streams.sparse("maturity_choice", cust, book.seq[due])
        move = np.exp(0.5 * people.rate_sensitivity[cust] - 0.125)
        again = np.where(self._habits.shops_rates[cust], SHOPPERS_AGAIN, WEALTH_AGAIN)
        p_wealth = np.where(family == TIME, np.minimum(TO_WEALTH * move, 0.4), np.where(family == WEALTH, again, 0))
        p_fund = np.where(family == TIME, np.minimum(TO_FUND * move, 0.2), 0)
        stays = (book.is_forced[due] == 0) & ~is_leaving[cust] & (people.age[cust] >= 18)
        moves = stays & ~self._habits.saves[cust]
        p_wealth, p_fund = p_wealth * moves, p_fund * moves
        goes_wealth, goes_fund = u < p_wealth, (u >= p_wealth) & (u < p_wealth + p_fund)
        renews = stays & (u >= p_wealth + p_fund) & (u < p_wealth + p_fund + np.where(
            family == TIME, RENEW, np.where(family == WEALTH, 0.15, 1.0)))
        np.add.at(hazard.wealth, cust, -np.log1p(-p_wealth))
        np.add.at(hazard.fund, cust, -np.log1p(-p_fund))
        target = np.select([goes_wealth, goes_fund, renews], [WEALTH, FUND, np.where(family == WEALTH, TIME, family)], -1)
        self._reinvest(flow, due, target, value, day)

    def _reinvest(self, flow: Flow, due: Ints, target: Ints, value: Ints, day: Ints) -> None:
        book = self._book
        for family in np.unique(target[target >= 0]):
            mine = np.flatnonzero(target == family)
            key = book.cust[due[mine]]
            u = self._streams.sparse("renew_term", key, book.seq[due[mine]])
            same = book.family[due[mine]] == family
            product = np.where(same & (u < 0.7), book.product[due[mine]], choose_product(u / 0.7 % 1, int(family), value[mine]))
            product = self._shopped(key, int(family), book.product[due[mine]], value[mine], product)
            self._open(flow, key, product, value[mine] // 100 * 100, day[mine], book.root[due[mine]])

    def _shopped(self, cust: Ints, family: int, before: Ints, value: Ints, product: Ints) -> Ints:
        """Who shops goes for the best rate on offer, and from there waits three months for the next."""
        shops = self._habits.shops_rates[cust]
        best, short = {WEALTH: ("W365A", "W090A"), TIME: ("TCD1", "T090")}.get(family, ("", ""))
        if not best:
            return product
        top, waits = PRODUCT_IDS.index(best), PRODUCT_IDS.index(short)
        can = shops & (value >= PRODUCT_MIN_CENTS[top])
        return np.where(can, np.where(before == top, waits, top), product)

    def _open(self, flow: Flow, cust: Ints, product: Ints, cents: Ints, day: Ints, root: Ints | None = None) -> None:
        keep = cents >= 100
        cust, product, cents, day = cust[keep], product[keep], cents[keep], day[keep]
        position = self._book.add(cust, product, cents, day, root=None if root is None else root[keep])
        flow.add(cust, day, cents, PRODUCT_BUY, BANK, contract=position)

    def _redeem_open_end(self, flow: Flow, days: range, when: int) -> None:
        """Contracts without a term are redeemed at any time: they get a due day within this week."""
        book = self._book
        held = np.flatnonzero(book.alive() & np.isin(book.family, (WEALTH, FUND, GOLD)) & (book.due >= days.stop)
                              & (book.due > book.start + 4000) & (book.start < days.start))
        u = self._streams.sparse("open_end", book.cust[held], book.seq[held] * 4096 + when)
        going = held[u < RENEW_OPEN_END_WEEK]
        day = days.start + (len(days) * u[u < RENEW_OPEN_END_WEEK] / RENEW_OPEN_END_WEEK).astype(np.int64)
        book.due[going], book.end[going], book.is_forced[going] = day, day, 1
        flow.add(book.cust[going], day, book.value(going, day), PRODUCT_REDEEM, BANK, contract=going)

    def _buy(self, flow: Flow, family: int, can_buy: Mask, facts: Facts, days: range, when: int, hazard: Purchases) -> None:
        people, streams, n = self._people, self._streams, self._people.count
        index = INDEX_OF[family]
        observed, hidden = index_value(index, facts, people, family == FUND), index.hidden * self._hidden(family, when)
        logit = index.base + observed + hidden
        rate = honeymoon(people, facts.tenure) / (1 + np.exp(-logit)) * np.where(facts.invests & (family != INSURANCE), 0.7, 1.0)
        who = np.flatnonzero(can_buy & ~facts.invests & (facts.aum >= 1e4))
        index_of, hidden_of, chance_of = (part[who].astype(np.float32) for part in (observed, hidden, rate))
        self.propensities[family] = who, index_of, hidden_of, chance_of
        p = np.where(can_buy & (facts.aum >= 200), weekly(rate, len(days)), 0.0)
        for name, of in (("wealth", WEALTH), ("fund", FUND)):
            if family == of:
                setattr(hazard, name, getattr(hazard, name) - np.log1p(-p).astype(np.float32))
        cust = np.flatnonzero(streams.dense(STREAM_OF[family], n, when) < p)
        key = when * 8 + family
        day = days.start + (len(days) * streams.sparse("buy_day", cust, key)).astype(np.int64)
        cents = buy_cents(streams.sparse("buy_amount", cust, key), facts, cust)
        little = np.maximum((SAVERS_PART * cents / 10000).astype(np.int64) * 10000, LEAST_CENTS)
        cents = np.where(self._habits.saves[cust], little, cents)
        self._open(flow, cust, choose_product(streams.sparse("buy_product", cust, key), family, cents), cents, day)

    def _hidden(self, family: int, when: int) -> Floats:
        """The part of a logit that no fact shows: new every four weeks, unit variance."""
        n = self._people.count
        return 0.8 * self._streams.normal("hidden_trait", n, family) + 0.6 * self._streams.normal("hidden_mood", n, when // 4 * 8 + family)

    def _deposit(self, flow: Flow, can_buy: Mask, facts: Facts, days: range, when: int) -> None:
        """New time deposits from money above the usual demand balance; more of them at a quarter's end."""
        people, streams, habits, n = self._people, self._streams, self._habits, self._people.count
        goal = people.aum * habits.demand_share
        spare = facts.demand - goal - 1000
        push = any(is_quarter_end(day) for day in range(days.start, days.stop + 1))
        p = np.where(habits.holds[TIME], 0.20, 0.003) * (1.6 if push else 1.0)
        cust = np.flatnonzero(can_buy & (spare > np.maximum(1000, 0.15 * people.aum)) & (streams.dense("buy_time", n, when) < p))
        share = 0.5 + 0.45 * streams.sparse("buy_amount", cust, when * 8 + TIME)
        cents = (share * spare[cust] / 100).astype(np.int64) * 10000
        day = days.start + (len(days) * streams.sparse("buy_day", cust, when * 8 + TIME)).astype(np.int64)
        u = streams.sparse("buy_product", cust, when * 8 + TIME)
        product = choose_product(u * (0.25 if push else 1.0), TIME, cents)
        self._open(flow, cust, product, cents, day)


def buy_cents(uniform: Floats, facts: Facts, cust: Ints) -> Ints:
    """What a customer pays: a quarter to four fifths of what is at hand, whole hundreds of yuan, at least 1,000.

    Money from other banks is at hand too, but not where it would make a private customer of one who is none.
    """
    aum = facts.aum[cust]
    at_hand = np.where((aum > NEAR_PRIVATE) & (aum < PRIVATE_AUM), facts.demand[cust] / 3, np.maximum(facts.demand[cust], 0.25 * aum))
    return np.asarray((np.maximum((0.25 + 0.55 * uniform) * at_hand, 1000) / 100).astype(np.int64) * 10000)
