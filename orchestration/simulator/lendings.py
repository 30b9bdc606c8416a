"""Rows of cards and loans: first states, milestones, monthly statements and instalments."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.contract import table
from orchestration.simulator.lending import FAR, LOAN_TYPES
from orchestration.simulator.seasons import month_day
from orchestration.simulator.spec import to_date
from orchestration.simulator.world import World

Ints = NDArray[np.int64]


class LendingRows:
    """Rows of one bank's cards and loans."""

    def __init__(self, world: World) -> None:
        self._lending, self._people = world.lending, world.people

    def card(self, first: int, last: int, first_state: bool) -> pa.Table:
        """A row at issue, activation, first swipe and each statement day."""
        cards = self._lending.cards
        parts = []
        for day in range(first, last + 1):
            due = (cards.issue_day == day) | (cards.activate_day == day) | (cards.swipe_day == day)
            due |= (cards.statement_day == to_date(day).day) & (cards.activate_day < day) & ~cards.sleeps
            due |= first_state and day == first
            which = np.flatnonzero(due & (cards.issue_day <= day))
            parts.append((which, np.full(len(which), day), self._used(which, day)))
        which, days, used = (np.concatenate(column) for column in zip(*parts, strict=True))
        return self._card_table(which, days, used)

    def _used(self, which: Ints, day: int) -> Ints:
        """Used cents after the newest statement on or before a day."""
        cards, when = self._lending.cards, to_date(day)
        month = when.year * 12 + when.month - 1
        newest = np.where(cards.statement_day[which] <= when.day, month, month - 1)
        used = np.where(newest == month, self._lending.used_limits(month)[which], self._lending.used_limits(month - 1)[which])
        return np.where(cards.swipe_day[which] <= day, used, 0)

    def _card_table(self, which: Ints, day: Ints, used: Ints) -> pa.Table:
        cards = self._lending.cards
        cust, activated, swiped = cards.cust[which], cards.activate_day[which], cards.swipe_day[which]
        bound = (cards.quickpay[which] > 0) & (activated + 5 <= day)
        return table("card", {
            "card_id": c.ids("d", cust, 9), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "product_id": c.chosen(("C001", "C002"), cards.is_platinum[which].astype(int)),
            "issue_date": c.dates(cards.issue_day[which]), "activate_date": c.dates(activated, activated > day),
            "first_txn_date": c.dates(swiped, swiped > day), "credit_limit_cny": c.money(cards.limit_cents[which]),
            "used_limit_cny": c.money(used), "statement_day": c.whole(cards.statement_day[which]),
            "status": c.constant("open", len(which)), "quickpay_bindings": c.whole(np.where(bound, cards.quickpay[which], 0)),
            "quickpay_date": c.dates(np.minimum(activated + 5, FAR), ~bound)})

    def loan(self, first: int, last: int, first_state: bool) -> pa.Table:
        """A row when granted and after each instalment day, until the balance is zero."""
        loans, parts = self._lending.loans, []
        for day in range(first, last + 1):
            live = (loans.granted_day <= day) & (self._lending.payments(day) <= loans.months)
            due = (loans.granted_day == day) | (loans.pay_day == to_date(day).day) | (first_state and day == first)
            which = np.flatnonzero(live & due)
            parts.append((which, np.full(len(which), day), self._lending.balances(day)[which]))
        which, days, left = (np.concatenate(column) for column in zip(*parts, strict=True))
        late = np.where((days - loans.granted_day[which] > 200) & (left > 0), loans.overdue_days[which], 0)
        matures = np.array([_months_later(int(g), int(m)) for g, m in zip(loans.granted_day[which], loans.months[which], strict=True)],
                           dtype=np.int64)
        return table("loan", {
            "loan_id": c.ids("l", loans.cust[which], 9), "dt": c.dates(days), "customer_id": c.ids("c", loans.cust[which], 8),
            "loan_type": c.chosen(LOAN_TYPES, loans.kind[which]), "granted_cny": c.money(loans.granted_cents[which]),
            "granted_date": c.dates(loans.granted_day[which]), "drawn_cny": c.money(loans.granted_cents[which]),
            "balance_cny": c.money(left), "interest_rate": pa.array(loans.rate[which]), "overdue_days": c.whole(late),
            "maturity_date": c.dates(matures), "status": c.chosen(("open", "closed"), (left == 0).astype(int))})


def _months_later(day: int, months: int) -> int:
    when = to_date(day)
    total = when.year * 12 + when.month - 1 + months
    return month_day(total // 12, total % 12 + 1, when.day)
