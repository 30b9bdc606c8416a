"""What comes in and what is spent in a week: salaries, pensions, transfers, spending, large flows, interest."""

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import (
    BANK,
    BONUS,
    CASH_IN,
    CASH_OUT,
    CONSUME,
    EDUCATION,
    EMPLOYER,
    GOVERNMENT,
    INTEREST,
    MERCHANT,
    MERCHANT_RECEIPT,
    OWN_OTHER,
    PENSION,
    PERSON,
    SALARY,
    SECURITIES,
    SECURITIES_IN,
    SECURITIES_OUT,
    TRANSFER_IN,
    TRANSFER_OUT,
    UTILITY,
)
from orchestration.simulator.flows import DAY_SECONDS, MORNING_SECONDS, Flow
from orchestration.simulator.people import People
from orchestration.simulator.seasons import PAYDAYS, monthly_dates, spending_factors, spring_festival
from orchestration.simulator.streams import Floats, Streams, poisson

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
WEEKS_A_MONTH = 30 / 7
SPEND_MEAN = 7.0
"""Spending movements a month of customers who are not asleep: 6 over all of them."""
SPEND_KINDS = ((CONSUME, MERCHANT, 0.70), (UTILITY, MERCHANT, 0.08), (TRANSFER_OUT, PERSON, 0.11), (CASH_OUT, BANK, 0.05),
               (TRANSFER_OUT, OWN_OTHER, 0.03), (EDUCATION, MERCHANT, 0.01), (SECURITIES_OUT, SECURITIES, 0.02))

UTILITY_KIND, SCHOOL_KIND = ([kind[0] for kind in SPEND_KINDS].index(code) for code in (UTILITY, EDUCATION))


class Income:
    """Adds a bank's weekly movements; `spend_month` is each customer's usual spending in yuan.

    Those in `pays_school` spend on education now and then, once in twenty times; for others it is an ordinary purchase.
    """

    def __init__(self, people: People, streams: Streams, pays_school: Mask) -> None:
        self._people, self._streams, self._pays_school = people, streams, pays_school
        other = np.minimum(900 * np.exp(0.45 * people.wealth), 200 + 2 * people.aum)
        self.spend_month = np.select(
            [people.is_payroll, people.is_pension, people.age < 18],
            [people.salary * np.clip(people.retention, 0.2, 0.8) * 0.9, people.pension * 0.7, 60.0], other)
        noise = 0.45 * np.clip(people.activity, -2.5, 2.5)
        self._spend_rate = SPEND_MEAN / WEEKS_A_MONTH * np.exp(noise - 0.10)

    def pay(self, flow: Flow, is_open: Mask, first: int, last: int) -> None:
        """Salaries with their transfers out, bonuses before Spring Festival, pensions on the 15th."""
        people = self._people
        for kind, payday in enumerate(PAYDAYS):
            mine = is_open & people.is_payroll & (people.employer % len(PAYDAYS) == kind)
            for month, day in monthly_dates(first, last, payday, before_holidays=True):
                cust = np.flatnonzero(mine & (people.open_day <= day))
                noise = 1 + 0.02 * self._streams.sparse_normal("salary_noise", cust, month)
                flow.add(cust, day, _cents(people.salary[cust] * noise), SALARY, EMPLOYER)
        festival = spring_festival(first)
        if first <= festival - 12 <= last:
            cust = np.flatnonzero(is_open & people.is_payroll & (people.employer % 3 < 2))
            flow.add(cust, festival - 12, _cents(people.salary[cust] * (1 + people.employer[cust] % 4 / 2)), BONUS, EMPLOYER)
        for _, day in monthly_dates(first, last, 15):
            cust = np.flatnonzero(is_open & people.is_pension)
            flow.add(cust, day, _cents(people.pension[cust]), PENSION, GOVERNMENT)
        self._move_out(flow, is_open, first, last)

    def _move_out(self, flow: Flow, is_open: Mask, first: int, last: int) -> None:
        """The part of a salary that is not kept leaves for the customer's other bank two to five days later."""
        people = self._people
        for kind, payday in enumerate(PAYDAYS):
            for lag in (2, 3, 5):
                mine = is_open & people.is_payroll & (people.employer % 4 == kind) & (people.employer % 3 == (2, 3, 5).index(lag))
                for _, day in monthly_dates(first - lag, last - lag, payday, before_holidays=True):
                    cust = np.flatnonzero(mine & (people.open_day <= day))
                    away = people.salary[cust] * np.maximum(0.85 - people.retention[cust], 0)
                    flow.add(cust, day + lag, _round_hundreds(away), TRANSFER_OUT, OWN_OTHER, salt=1)

    def spend(self, flow: Flow, awake: Mask, balance: Ints, days: range, when: int) -> None:
        """Poisson movements with log-normal amounts; large sums are held under 80 % of balance plus usual income."""
        streams, n = self._streams, self._people.count
        factors = spending_factors(days)
        rate = np.where(awake, self._spend_rate * factors.sum() / 7, 0.0)
        count = poisson(streams.dense("spend_count", n, when), rate)
        cust = np.repeat(np.arange(n), count)
        k = when * 32 + np.arange(len(cust)) - np.repeat(np.cumsum(count) - count, count)
        offset = np.searchsorted(np.cumsum(factors) / factors.sum(), streams.sparse("spend_day", cust, k))
        sec = MORNING_SECONDS + (DAY_SECONDS * streams.sparse("spend_second", cust, k)).astype(np.int64)
        kind = np.searchsorted(np.cumsum([kind[2] for kind in SPEND_KINDS])[:-1], streams.sparse("spend_kind", cust, k))
        pays = self._pays_school[cust]
        kind = np.select([pays & (kind == UTILITY_KIND) & (k % 2 == 0), ~pays & (kind == SCHOOL_KIND)], [SCHOOL_KIND, 0], kind)
        typical = self.spend_month[cust] / np.maximum(self._spend_rate[cust] * WEEKS_A_MONTH, 1)
        amount = typical * np.exp(0.9 * streams.sparse_normal("spend_amount", cust, k) - 0.405)
        budget = 0.8 * (balance / 100 + self.spend_month)[cust] / np.maximum(count[cust], 1)
        cents = np.maximum(_cents(np.minimum(amount, np.maximum(budget, 5))), 100)
        codes, parties = (np.array([kind[i] for kind in SPEND_KINDS]) for i in (0, 1))
        flow.add_timed(cust, days.start + np.minimum(offset, len(days) - 1), sec, cents, codes[kind], parties[kind])

    def transfers(self, flow: Flow, awake: Mask, balance: Ints, demand_goal: Floats, days: range, when: int) -> None:
        """Income of those without salary or pension; balances far above their goal leave for other banks."""
        people, streams, n = self._people, self._streams, self._people.count
        day = days.start + (len(days) * streams.dense("flow_day", n, when)).astype(np.int64)
        noise = streams.normal("level_amount", n, when)
        cust = np.flatnonzero(awake & ~people.is_payroll & ~people.is_pension & (streams.dense("level_in", n, when) < 0.3))
        amount = self.spend_month[cust] / WEEKS_A_MONTH / 0.3 * np.exp(0.5 * noise[cust] - 0.125)
        code = np.select([people.occupation[cust] == 3, cust % 5 == 0, cust % 50 == 1],
                         [MERCHANT_RECEIPT, CASH_IN, SECURITIES_IN], TRANSFER_IN)
        party = np.select([code == MERCHANT_RECEIPT, code == CASH_IN, code == SECURITIES_IN, cust % 2 == 0],
                          [MERCHANT, BANK, SECURITIES, PERSON], OWN_OTHER)
        flow.add(cust, day[cust], _cents(amount), code, party)
        excess = balance / 100 - 1.3 * demand_goal - 400
        cust = np.flatnonzero(awake & (excess > 0) & (streams.dense("level_out", n, when) < 0.14))
        flow.add(cust, day[cust], _round_hundreds(0.6 * excess[cust]), TRANSFER_OUT, OWN_OTHER, salt=2)

    def large(self, flow: Flow, awake: Mask, aum: Floats, room: Floats, balance: Ints, days: range, when: int) -> None:
        """Large flows: about 0.6 % of customers a month each way, more of them well off; none comes in beyond `room`."""
        people, streams, n = self._people, self._streams, self._people.count
        u, size = streams.dense("large_flow", n, when), streams.dense("large_amount", n, when)
        day = days.start + (len(days) * size).astype(np.int64)
        odds = np.select([people.aum >= 5e4, people.aum >= 1e4], [0.028, 0.012], 0.0012) / WEEKS_A_MONTH
        cust = np.flatnonzero(awake & (u < odds))
        amount = np.minimum(np.maximum(5.2e4 + 4e4 * size[cust], aum[cust] * (0.3 + size[cust])), room[cust])
        flow.add(cust, day[cust], _round_hundreds(amount), TRANSFER_IN, np.where(cust % 3 == 0, PERSON, OWN_OTHER), salt=3)
        cust = np.flatnonzero(awake & (u > 1 - odds) & (balance >= 6000000))
        amount = balance[cust] / 100 * (0.4 + 0.5 * size[cust])
        flow.add(cust, day[cust], _round_hundreds(amount), TRANSFER_OUT, np.where(cust % 3 == 0, PERSON, OWN_OTHER), salt=3)

    def interest(self, flow: Flow, is_open: Mask, balance: Ints, days: range) -> None:
        """Demand interest on the 21st of each quarter's last month."""
        for month, day in monthly_dates(days.start, days.stop - 1, 21):
            if month % 3 == 2:
                cust = np.flatnonzero(is_open & (balance >= 40000))
                flow.add(cust, day, balance[cust] // 4000, INTEREST, BANK)


def _cents(yuan: Floats) -> Ints:
    return np.asarray(np.round(yuan * 100).astype(np.int64))


def _round_hundreds(yuan: Floats) -> Ints:
    """Cents of whole hundreds of yuan."""
    return np.asarray((np.floor(yuan / 100) * 10000).astype(np.int64))
