"""Cards and loans in closed form: each is a function of draws and the date, only repayments touch balances."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.catalogue import BANK, LOAN_REPAYMENT
from orchestration.simulator.flows import Flow
from orchestration.simulator.people import People
from orchestration.simulator.seasons import monthly_dates
from orchestration.simulator.spec import BankSpec, to_date
from orchestration.simulator.streams import Floats, Streams, pick

Ints = NDArray[np.int64]
LOAN_TYPES = ("mortgage", "consumer", "business", "farmer")
FAR = 10 ** 7
CARD_RATE = 0.285
SLEEPING_RATE = 0.25
FIRST_SWIPE_RATE = 0.60


@dataclass
class Cards:
    """One row per card, sorted by customer; days as day numbers, FAR when never."""

    cust: Ints
    issue_day: Ints
    activate_day: Ints
    swipe_day: Ints
    limit_cents: Ints
    sleeps: NDArray[np.bool_]
    quickpay: Ints
    statement_day: Ints
    is_platinum: NDArray[np.bool_]


@dataclass
class Loans:
    """One row per loan, sorted by customer."""

    cust: Ints
    kind: Ints
    granted_cents: Ints
    granted_day: Ints
    months: Ints
    rate: Floats
    overdue_days: Ints
    pay_day: Ints


class Lending:
    """The bank's cards and loans; `without` customers have neither, `housed` ones a mortgage."""

    def __init__(self, spec: BankSpec, people: People, streams: Streams, without: NDArray[np.bool_], housed: NDArray[np.bool_]) -> None:
        self._streams, self._people = streams, people
        self.cards = _draw_cards(spec, people, streams, without)
        self.loans = _draw_loans(spec, people, streams, without, housed)
        self.has_loan = np.isin(np.arange(people.count), self.loans.cust)
        self._granted_month = self.loans.granted_day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12

    def repay(self, flow: Flow, is_open: NDArray[np.bool_], days: range) -> None:
        """Monthly instalments of loans that are not overdue."""
        loans = self.loans
        for pay_day in np.unique(loans.pay_day):
            for _, day in monthly_dates(days.start, days.stop - 1, int(pay_day)):
                paid = self.payments(day)
                due = np.flatnonzero((loans.pay_day == pay_day) & is_open[loans.cust] & (paid > 0) & (paid <= loans.months)
                                     & (loans.overdue_days == 0))
                flow.add(loans.cust[due], day, loans.granted_cents[due] // loans.months[due], LOAN_REPAYMENT, BANK)

    def payments(self, day: int) -> Ints:
        """Number of instalments due by a day (0 before the first)."""
        when = to_date(day)
        months = when.year * 12 + when.month - 1
        return np.asarray(months - self._granted_month - (self.loans.pay_day > when.day))

    def balances(self, day: int) -> Ints:
        """Outstanding cents of each loan on a day; zero before it is granted."""
        loans = self.loans
        paid = np.clip(self.payments(day), 0, loans.months)
        paid = np.where(loans.overdue_days > 0, np.maximum(paid - loans.overdue_days // 30 - 1, 0), paid)
        left = loans.granted_cents - paid * (loans.granted_cents // loans.months)
        return np.asarray(np.where((loans.granted_day <= day), np.where(paid >= loans.months, 0, left), 0))

    def used_limits(self, month: int) -> Ints:
        """Used cents of each card after the statement of a month (month index year * 12 + month - 1)."""
        cards = self.cards
        u = self._streams.sparse("card_use", cards.cust, month)
        used = (cards.limit_cents * np.clip(0.76 * u ** 1.3, 0, 0.98)).astype(np.int64)
        return np.asarray(np.where(cards.sleeps, 0, used))


def _draw_cards(spec: BankSpec, people: People, streams: Streams, without: NDArray[np.bool_]) -> Cards:
    n = people.count
    has = (streams.dense("card_has", n) < CARD_RATE * (0.45 + 0.75 * (people.aum >= 1000) + 0.5 * people.is_payroll)) & (
        people.age >= 21)
    cust = np.flatnonzero(has & ~without)
    u = {name: streams.dense(name, n)[cust] for name in ("card_issue", "card_activate", "card_swipe", "card_limit",
                                                         "card_quickpay", "card_statement", "card_product")}
    span = spec.start_day + 365 - people.open_day[cust]
    issue = people.open_day[cust] + (np.minimum(span, 3650) * u["card_issue"]).astype(np.int64)
    activate = np.where(u["card_activate"] < 0.92, issue + 3 + (25 * u["card_activate"]).astype(np.int64), FAR)
    swipe = activate + np.where(u["card_swipe"] < FIRST_SWIPE_RATE, (30 * u["card_swipe"] / FIRST_SWIPE_RATE).astype(np.int64),
                                31 + (400 * (u["card_swipe"] - FIRST_SWIPE_RATE)).astype(np.int64))
    limit = np.exp(np.log(14000) + 0.9 * (2 * u["card_limit"] - 1) + 0.35 * np.clip(people.wealth[cust], -2, 3))
    return Cards(cust=cust, issue_day=issue, activate_day=activate, swipe_day=np.where(activate == FAR, FAR, swipe),
                 limit_cents=(limit / 1000 * 1.55).astype(np.int64) * 100000, sleeps=u["card_quickpay"] < SLEEPING_RATE,
                 quickpay=pick(u["card_quickpay"], [0.35, 0.35, 0.2, 0.1]), is_platinum=u["card_product"] < 0.2,
                 statement_day=1 + (28 * u["card_statement"]).astype(np.int64))


def _draw_loans(spec: BankSpec, people: People, streams: Streams, without: NDArray[np.bool_], housed: NDArray[np.bool_]) -> Loans:
    n = people.count
    able = (people.age >= 23) & (people.age < 62) & ~people.starts_dormant & ~without
    middle = (people.age >= 30) & (people.age < 50) & (people.is_payroll | (people.aum >= 2e5))
    cust = np.flatnonzero(able & (streams.dense("loan_has", n) < np.where(housed, 1.0, np.where(middle, 0.5, 0.12))))
    u = {name: streams.dense(name, n)[cust] for name in ("loan_kind", "loan_amount", "loan_grant", "loan_term", "loan_overdue",
                                                         "loan_day")}
    farmer = people.occupation[cust] == 4
    kind = np.where(farmer & (u["loan_kind"] < 0.7), 3, pick(u["loan_kind"], [0.55, 0.33, 0.12]))
    kind = np.where(housed[cust], 0, kind)
    typical, months = np.array([420000, 60000, 250000, 50000])[kind], np.array([300, 36, 24, 24])[kind]
    amount = typical * np.exp(0.8 * (2 * u["loan_amount"] - 1) + 0.3 * np.clip(people.wealth[cust], -2, 2.5))
    term = (months * (0.5 + 0.5 * u["loan_term"])).astype(np.int64)
    latest = spec.start_day + 200 - np.maximum(people.open_day[cust], spec.start_day - 3650)
    granted = np.maximum(people.open_day[cust], spec.start_day - 3650) + (latest * u["loan_grant"]).astype(np.int64)
    overdue = np.select([u["loan_overdue"] < 0.006, u["loan_overdue"] < 0.012, u["loan_overdue"] < 0.03], [120, 45, 8], 0)
    return Loans(cust=cust, kind=kind, granted_cents=(amount / 1000).astype(np.int64) * 100000, granted_day=granted,
                 months=np.maximum(term, 6), rate=np.round(np.array([0.039, 0.052, 0.048, 0.045])[kind] + 0.004 * u["loan_amount"], 4),
                 overdue_days=overdue, pay_day=np.array([6, 12, 18, 24])[(4 * u["loan_day"]).astype(np.int64)])
