"""The bank without marketing: advances week by week from the start of history; a function of seed, size and dates."""

from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.app import LOGIN, App, AppWeek
from orchestration.simulator.book import Book
from orchestration.simulator.buying import Buying, Propensities
from orchestration.simulator.catalogue import (
    BANK,
    CASH_IN,
    FUND,
    GOLD,
    INSURANCE,
    NOT_OWN_CODES,
    OWN_OTHER,
    PRODUCT_REDEEM,
    TIME,
    TRANSFER_IN,
    TRANSFER_OUT,
    TRUST,
    WEALTH,
)
from orchestration.simulator.facts import Facts, is_seeking
from orchestration.simulator.flows import IS_CREDIT, Flow, Transactions
from orchestration.simulator.income import Income
from orchestration.simulator.lending import Lending
from orchestration.simulator.packed import unpack_fields
from orchestration.simulator.past import past_days, past_lines
from orchestration.simulator.people import draw_people
from orchestration.simulator.planted import CHURN_DAYS, plant, planted_flows, room_below
from orchestration.simulator.portfolio import draw_habits, open_portfolios
from orchestration.simulator.spec import BankSpec, to_date
from orchestration.simulator.streams import Floats, Streams
from orchestration.simulator.traits import draw_traits
from orchestration.simulator.wealth import FAMILY as OF_FAMILY
from orchestration.simulator.wealth import INVESTOR
from orchestration.simulator.week import Week

Ints = NDArray[np.int64]
INVESTED = (TIME, WEALTH, FUND, INSURANCE, GOLD, TRUST)
EXTERNAL_PARTIES = (1, 2, 3, 4, 5, 6)


class World:
    """Call `advance` to move on, `week` to read a block that has not been forgotten."""

    def __init__(self, spec: BankSpec) -> None:
        self.spec, self.streams = spec, Streams(spec.seed)
        self.people = draw_people(spec, self.streams)
        self.planted = plant(spec, self.people, self.streams)
        self.traits = draw_traits(self.people, self.streams, self.planted.wealth_type == INVESTOR)
        self.habits = draw_habits(self.people, self.streams, self.planted)
        self.book = Book(self.people.count)
        self.balance = open_portfolios(self.book, self.people, self.habits, self.streams, spec.history_from)
        self.opening_balance = self.balance.copy()
        self.goal = self.people.aum.copy()
        self.is_asleep = self.people.starts_dormant.copy()
        self.invests = np.zeros(self.people.count, bool)
        self.invests[self.book.cust[np.isin(self.book.family, (WEALTH, FUND))]] = True
        self.lending = Lending(spec, self.people, self.streams, self.planted.single_product, self.planted.wealth_type == OF_FAMILY)
        sleepers = np.flatnonzero(self.is_asleep)
        self.sleep_log = [(sleepers, np.maximum(self.people.open_day[sleepers] + 1, spec.history_from), True)]
        self.last_act_day = np.zeros(self.people.count, np.int32)
        schools = self.traits.has_child & ~self.planted.tuition & ~self.planted.tuition_decoy
        self._income = Income(self.people, self.streams, schools)
        self._buying = Buying(self.people, self.habits, self.book, self.streams, self.traits.invests_monthly)
        self._app = App(self.people, self.streams, self.planted.fix_day)
        self._open: Week | None = None
        self._weeks: OrderedDict[int, Week] = OrderedDict()
        self._recent: list[tuple[NDArray[np.generic], ...]] = []
        self.past = past_lines(spec, self.people, self.streams, self.planted.single_product)
        self.watched = np.unique(self.past.cust[self.past.policy >= 0])
        self._watch_from = min(past_days(spec), default=spec.start_day)
        self._watched_ends: dict[int, NDArray[np.int64]] = {}
        self._kept_facts: dict[int, Any] = {}
        self.propensity_log: dict[int, Propensities] = {}
        self.next_index = 0

    def week(self, index: int) -> Week:
        """A block; advances as far as needed. Raises KeyError for a forgotten one."""
        while self.next_index <= index:
            self._step()
        found = self._weeks[index]
        if found is not self._open:
            if self._open:
                self._open.let_go()
            self._open = found
        return found

    def catch_up(self, index: int, keep_from: int) -> None:
        """Advances through block `index`, freeing blocks before `keep_from` on the way."""
        while self.next_index <= index:
            self._step()
            self.forget_before(min(self.next_index - 1, keep_from))

    def has_from(self, index: int) -> bool:
        """Whether block `index` and all after it can still be read."""
        return self.next_index <= index or index in self._weeks

    def forget_before(self, index: int) -> None:
        """Frees blocks that will not be asked for again, but for what the past campaigns' reaction still needs."""
        facts_of = {self.spec.block_of(day + 1) for day in past_days(self.spec)}
        for old in [i for i in self._weeks if i < index]:
            week = self._weeks.pop(old)
            if week.days.stop > self._watch_from:
                self._watched_ends[old] = week.ends[:, self.watched]
            if old in facts_of:
                self._kept_facts[old] = week.packed["facts"]

    def facts_known(self, as_of: int) -> Facts:
        """The newest week's facts that are no younger than a day."""
        index = self.spec.block_of(as_of + 1)
        if index in self._kept_facts:
            kept: Facts = unpack_fields(self._kept_facts[index])
            return kept
        return self.week(index).facts

    def ends_of(self, cust: Ints, first: int, last: int) -> NDArray[np.int64]:
        """End-of-day balances of shape (days, customers); forgotten blocks know those contacted by past campaigns only."""
        parts = []
        for index in range(self.spec.block_of(first), self.spec.block_of(last) + 1):
            if index in self._watched_ends:
                ends = self._watched_ends[index][:, np.searchsorted(self.watched, cust)]
            else:
                ends = self.week(index).ends[:, cust]
            begin = self.spec.block_start(index)
            parts.append(ends[max(first - begin, 0):max(last - begin + 1, 0)])
        return np.concatenate(parts)

    def facts_before(self, first_day: int) -> Facts:
        """What is known on the evening before `first_day`."""
        day, n = first_day - 1, self.people.count
        sums = [np.zeros(n) for _ in range(4)]
        for parts in self._recent:
            sums = [total + part.astype(np.float64) for total, part in zip(sums, parts, strict=True)]
        demand = self.balance / 100
        return Facts(
            day=day, demand=demand, invested=self.book.family_cents(n, INVESTED, day) / 100, logins=sums[0],
            maturing=self.book.maturing_cents(n, TIME, day, 30) / 100, browse_wealth=sums[1], browse_fund=sums[2],
            inflow=sums[3], tenure=np.maximum(day - self.people.open_day, 0).astype(float), invests=self.invests.copy())

    def _step(self) -> None:
        index, spec = self.next_index, self.spec
        days = range(spec.block_start(index), spec.block_start(index + 1))
        facts, flow = self.facts_before(days.start), Flow(self.streams)
        is_open = self.people.open_day < days.start
        self._wake_and_sleep(flow, is_open, days, index)
        awake = is_open & ~self.is_asleep
        churning = self._churn(flow, facts, days)
        app = self._app.week(awake, self._login_factor(facts, days), self._interest(facts), days, index)
        hazard = self._buying.week(flow, awake & ~self.planted.single_product, facts, churning, days, index)
        self._move_money(flow, is_open, awake, churning, facts, days, index)
        transactions, self.balance = flow.settle(self.balance, days.start, len(days))
        self._note_acts(transactions, app)
        self.invests[self.book.cust[np.isin(self.book.family, (WEALTH, FUND))]] = True
        inflow = external_inflow(transactions, self.people.count)
        self._recent = [*self._recent[-3:], (app.login_days, app.browse_wealth, app.browse_fund, inflow)]
        if to_date(days.start).month != to_date(days.start - 7).month:
            self.propensity_log[days.start - 1] = self._buying.propensities
        self._weeks[index] = Week(index, days, transactions, app, facts, hazard)
        self.next_index += 1

    def _move_money(self, flow: Flow, is_open: NDArray[np.bool_], awake: NDArray[np.bool_], churning: NDArray[np.bool_],
                    facts: Facts, days: range, when: int) -> None:
        planted, income = self.planted, self._income
        room = room_below(planted, facts.aum, self.goal)
        stays = is_open & ~churning & ~(planted.churn_day < days.start)
        self._open_accounts(flow, days)
        income.pay(flow, stays, days.start, days.stop - 1)
        income.spend(flow, awake, self.balance, days, when)
        free = awake & stays & ~planted.private
        income.transfers(flow, free, self.balance, self.goal * self.habits.demand_share, days, when)
        income.large(flow, free, facts.aum, room, self.balance, days, when)
        income.interest(flow, is_open, self.balance, days)
        self.lending.repay(flow, is_open, days)
        planted_flows(planted, self.people, self.traits, self.streams, flow, stays, awake & stays, room, days)
        self._top_up(flow, free | (planted.private & is_open), facts, days, when)

    def _open_accounts(self, flow: Flow, days: range) -> None:
        """A new customer's money arrives on the opening day."""
        cust = np.flatnonzero((self.people.open_day >= days.start) & (self.people.open_day < days.stop))
        cents = np.round(self.people.aum[cust] * 100).astype(np.int64)
        small = cents < 500000
        flow.add(cust, self.people.open_day[cust], cents, np.where(small, CASH_IN, TRANSFER_IN), np.where(small, BANK, OWN_OTHER))

    def _top_up(self, flow: Flow, free: NDArray[np.bool_], facts: Facts, days: range, when: int) -> None:
        """Wealth returns to its level: who lacks a fifth of it brings money now and then, private customers at once."""
        private = self.planted.private
        lack = np.maximum(self.goal - facts.aum, 0)
        u = self.streams.dense("flow_day", len(free), 2 ** 32 + when)
        cust = np.flatnonzero(free & ((lack > 0.2 * self.goal) & (lack > 300) & (u < 0.05) | private & (lack > 0)))
        part = np.where(private[cust], 1.02, 0.5 + 10 * u[cust])
        cents = np.ceil(part * lack[cust] / 100).astype(np.int64) * 10000
        day = days.start + (u[cust] * 20 * len(days)).astype(np.int64) % len(days)
        flow.add(cust, day, cents, TRANSFER_IN, OWN_OTHER, salt=4)

    def _wake_and_sleep(self, flow: Flow, is_open: NDArray[np.bool_], days: range, when: int) -> None:
        """0.4 % a month fall asleep (more without a second product after the honeymoon), 1.0 % wake up, a tenth with money."""
        people, n = self.people, self.people.count
        u = self.streams.dense("state", n, when)
        tenure = days.start - people.open_day
        settled = people.is_payroll | people.is_pension | self.invests | self.planted.private | self.planted.merchant
        settled = settled | self.lending.has_loan
        fresh = (tenure >= 91) & (tenure < 98) & ~settled & (people.aum < 1e4)
        sleeps = is_open & ~self.is_asleep & ~settled & (u < np.where(fresh, 0.5, 0.004 * 7 / 30))
        wakes = is_open & self.is_asleep & ~self.planted.dormant & (u > 1 - 0.010 * 7 / 30)
        self.is_asleep = (self.is_asleep | sleeps) & ~wakes
        for who, falls in ((np.flatnonzero(sleeps), True), (np.flatnonzero(wakes), False)):
            self.sleep_log.append((who, np.full(len(who), days.start), falls))
        back = np.flatnonzero(wakes & (u > 1 - 0.001 * 7 / 30))
        money = 1e4 + 9e4 * self.streams.sparse("win_back", back, when)
        self.goal[back] = np.maximum(self.goal[back], money)
        flow.add(back, days.start, (money / 100).astype(np.int64) * 10000, TRANSFER_IN, OWN_OTHER, salt=5)

    def _note_acts(self, transactions: Transactions, app: AppWeek) -> None:
        """The last day before the first night on which a customer moved money himself or logged in."""
        for rows, is_own in ((transactions, ~np.isin(transactions.code, NOT_OWN_CODES)), (app.events, app.events.name == LOGIN)):
            own = is_own & (rows.day < self.spec.start_day)
            seen = np.zeros_like(self.last_act_day)
            seen[rows.cust[own]] = rows.day[own]  # sorted by day: the last of a customer's stays
            self.last_act_day = np.maximum(self.last_act_day, seen)

    def _churn(self, flow: Flow, facts: Facts, days: range) -> NDArray[np.bool_]:
        """Planted churners take nine tenths of their money in eight weeks: contracts broken, demand drained each week."""
        start = self.planted.churn_day
        churning = (start < days.stop) & (days.start < start + CHURN_DAYS)
        self.goal[churning] = np.minimum(self.goal[churning], 0.02 * self.people.aum[churning])
        book = self.book
        mine = np.flatnonzero(book.alive() & churning[book.cust] & (book.start < days.start))
        day = days.start + (len(days) * self.streams.sparse("exit", book.cust[mine], book.seq[mine])).astype(np.int64)
        going = mine[(day >= start[book.cust[mine]]) & (book.due[mine] >= days.stop)]
        when = np.minimum(np.maximum(day, start[book.cust[mine]]), days.stop - 1)[np.isin(mine, going)]
        book.due[going], book.end[going], book.is_forced[going] = when, when, 1
        flow.add(book.cust[going], when, book.value(going, when), PRODUCT_REDEEM, BANK, contract=going)
        drained = np.flatnonzero(churning & (start < days.start))
        cents = (0.55 * self.balance[drained] / 10000).astype(np.int64) * 10000
        flow.add(drained, days.stop - 1, cents, TRANSFER_OUT, OWN_OTHER, salt=6)
        return churning

    def _interest(self, facts: Facts) -> Floats:
        """What makes wealth pages more likely to be looked at, on the logit scale."""
        return np.asarray(1.2 * (facts.maturing > 0) + 2.2 * is_seeking(self.people, facts.tenure))

    def _login_factor(self, facts: Facts, days: range) -> Floats:
        """Logins halve from 30 days before a planted exit; new customers look around more."""
        factor = np.where(days.start >= self.planted.churn_day - 30, 0.5, 1.0)
        return np.asarray(factor * (1 + np.clip(1 - facts.tenure / 60, 0, 1)))


def external_inflow(transactions: Transactions, customers: int) -> Floats:
    """Yuan credited from outside the bank per customer."""
    chosen = IS_CREDIT[transactions.code] & np.isin(transactions.party, EXTERNAL_PARTIES)
    return np.bincount(transactions.cust[chosen], weights=transactions.cents[chosen], minlength=customers) / 100


_worlds: OrderedDict[tuple[object, ...], World] = OrderedDict()


def world_of(spec: BankSpec, first_index: int) -> World:
    """The bank's world, kept between calls of one process; begun anew when a block it forgot is asked for."""
    found = _worlds.get(spec.world_key)
    if found is None or not found.has_from(first_index):
        _worlds.clear()
        found = _worlds[spec.world_key] = World(spec)
    return found

