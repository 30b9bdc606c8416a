"""Rows of dealings with the bank: visits, fees, card bills and benefits."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import (
    EMPLOYEES_PER_BRANCH,
    FUND,
    INSURANCE,
    PRODUCT_FAMILY,
    PRODUCT_IDS,
    PRODUCT_TERM,
    PRODUCTS,
    WEALTH,
)
from orchestration.simulator.contract import table
from orchestration.simulator.overlay import Overlay
from orchestration.simulator.seasons import month_day
from orchestration.simulator.spec import to_date
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
PURPOSES = ("cash", "transfer", "card", "wealth", "deposit", "loan", "other")
VISITS_A_WEEK = 0.02
BILL_DAYS = 18
MARGIN = np.array([product.margin_bp for product in PRODUCTS]) / 1e4
FEE_RATE = np.where(PRODUCT_FAMILY == WEALTH, MARGIN * PRODUCT_TERM / 365, np.where(np.isin(PRODUCT_FAMILY, (FUND, INSURANCE)), MARGIN, 0))
CARD_FEE_RATE, INSTALMENT_FEE_RATE, SETTLEMENT_CENTS = 0.0035, 0.03, 3000
FEE_KINDS = ("wealth", "fund", "insurance", "card", "settlement")
BENEFITS = ("BF01", "BF02", "BF03", "BF04")
BENEFIT_CENTS = np.array([1000, 2000, 3000, 5000])
BENEFIT_DAYS = 30


class Dealings:
    """Rows of one bank; fees know the purchases that marketing made and prevented."""

    def __init__(self, world: World, overlay: Overlay) -> None:
        self._world, self._overlay = world, overlay
        self._people, self._streams, self._traits = world.people, world.streams, world.traits

    def visit(self, first: int, last: int) -> pa.Table:
        """On opening, now and then later; the old come more often, those with the app less."""
        parts = [self._weekly_visits(week, first, last) for week in range(first // 7, last // 7 + 1)]
        opened, n = self._people.open_day, self._people.count
        u = self._streams.dense("visit_open", n)
        for kind, day, comes in ((1, opened, u < 0.7), (2, opened + 10 + (40 * u).astype(np.int64), u < 0.35)):
            cust = np.flatnonzero(comes & (day >= first) & (day <= last))
            parts.append((cust, day[cust], np.full(len(cust), kind)))
        customers, days, kinds = (np.concatenate(column) for column in zip(*parts, strict=True))
        return self._visit_table(customers, days, kinds)

    def _weekly_visits(self, week: int, first: int, last: int) -> tuple[Ints, Ints, Ints]:
        people = self._people
        odds = VISITS_A_WEEK * np.where(people.age >= 60, 2.0, 1.0) * np.where(people.is_app_user, 0.6, 1.0)
        odds = np.where(people.starts_dormant, 0.1 * odds, odds)
        u = self._streams.dense("visit", people.count, week)
        cust = np.flatnonzero(u < odds)
        day = 7 * week + (7 * u[cust] / odds[cust]).astype(np.int64)
        day = day - ((day + 3) % 7 == 6)  # closed on Sundays
        keep = (day >= first) & (day <= last) & (people.open_day[cust] < day)
        return cust[keep], day[keep], np.zeros(int(keep.sum()), np.int64)

    def _visit_table(self, cust: Ints, day: Ints, kind: Ints) -> pa.Table:
        number = (day * 10 ** 8 + cust) * 10 + kind
        draw = {name: self._streams.sparse(name, number) for name in ("visit_second", "visit_serve", "visit_purpose")}
        busy = np.where((day + 3) % 7 == 0, 1.6, 1.0)
        queue = np.minimum(busy * 9 * np.exp(0.75 * self._streams.sparse_normal("visit_queue", number)), 150).astype(np.int64)
        purpose = (len(PURPOSES) * draw["visit_purpose"]).astype(np.int64)
        branch, leaves = self._people.branch[cust], (queue > 45) & (draw["visit_serve"] < 0.3)
        served = branch * EMPLOYEES_PER_BRANCH + 2 + (purpose >= 3)
        return table("visit", {
            "visit_id": c.ids("v", number, 15), "customer_id": c.ids("c", cust, 8), "branch_id": c.ids("b", branch, 3),
            "ts": c.timestamps(day, 9 * 3600 + (7 * 3600 * draw["visit_second"]).astype(np.int64)), "queue_min": c.whole(queue),
            "serve_min": c.whole(np.where(leaves, 0, 3 + (25 * draw["visit_serve"]).astype(np.int64))), "purpose": c.chosen(PURPOSES, purpose),
            "served_by": c.with_nulls(c.ids("e", served, 4), leaves),
            "outcome": c.chosen(("done", "lead", "abandoned"), np.where(leaves, 2, ((purpose == 3) & (cust % 3 == 0)).astype(int)))})

    def fee_income(self, first: int, last: int) -> pa.Table:
        """A part of the margin when wealth, funds or insurance are bought, card fees with each bill, merchants on the 25th."""
        book, extra = self._world.book, self._overlay.contracts
        bought = np.flatnonzero((book.start >= first) & (book.start <= last) & ~self._overlay.is_removed(book.size))
        caused = np.flatnonzero((extra.start >= first) & (extra.start <= last))
        parts = [self._product_fees("h", book.cust[bought], book.seq[bought], book.product[bought], book.cents[bought], book.start[bought]),
                 self._product_fees("r", extra.cust[caused], extra.number[caused], extra.product[caused], extra.cents[caused], extra.start[caused])]
        which, month, day = self._bills(first, last)
        statement, plan = self._billed(which, month)
        cust = self._world.lending.cards.cust[which]
        cents = (CARD_FEE_RATE * statement + INSTALMENT_FEE_RATE * plan).astype(np.int64)
        parts.append(_fees("k", cust * 10000 + month % 10000, cust, None, day, cents, np.full(len(cust), 3)))
        for day_of in (d for d in range(first, last + 1) if to_date(d).day == 25):
            cust = np.flatnonzero(self._world.planted.merchant & (self._people.open_day < day_of))
            parts.append(_fees("m", cust * 10000 + day_of % 10000, cust, None, np.full(len(cust), day_of),
                               SETTLEMENT_CENTS + 100 * (cust % 50), np.full(len(cust), 4)))
        return pa.concat_tables(parts)

    @staticmethod
    def _product_fees(prefix: str, cust: Ints, number: Ints, product: Ints, cents: Ints, day: Ints) -> pa.Table:
        fee = (FEE_RATE[product] * cents).astype(np.int64)
        kept = np.flatnonzero(fee > 0)
        kind = np.array([0 if f == WEALTH else 1 if f == FUND else 2 for f in PRODUCT_FAMILY])[product[kept]]
        return _fees(prefix, cust[kept] * 10000 + number[kept], cust[kept], product[kept], day[kept], fee[kept], kind)

    def card_bill(self, first: int, last: int) -> pa.Table:
        """One bill per used card and month, on its due day."""
        which, month, day = self._bills(first, last)
        cards = self._world.lending.cards
        cust = cards.cust[which]
        statement, plan = self._billed(which, month)
        least = statement // 10
        u, payer = self._streams.sparse("bill_paid", cust, month), self._traits.payer[cust]
        part = np.where(payer == 1, 0.2 + 0.7 * u, np.where(u < 0.03, 0.5, 1.0))
        paid = np.where(payer == 2, np.where(u < 0.1, statement, least), np.minimum((part * statement).astype(np.int64), statement))
        return table("card_bill", {
            "bill_id": c.ids("q", cust * 10000 + month % 10000, 13), "card_id": c.ids("d", cust, 9), "customer_id": c.ids("c", cust, 8),
            "ts": c.timestamps(day, np.full(len(cust), 79200)), "statement_date": c.dates(day - BILL_DAYS), "statement_cny": c.money(statement),
            "minimum_cny": c.money(least), "paid_cny": c.money(paid), "instalment_plans": c.whole((plan > 0).astype(np.int64)), "instalment_cny": c.money(plan)})

    def _bills(self, first: int, last: int) -> tuple[Ints, Ints, Ints]:
        """(card, month, due day) of bills that fall due; cards that were never used get none."""
        cards, parts = self._world.lending.cards, []
        begin, end = to_date(first - BILL_DAYS), to_date(last - BILL_DAYS)
        for month in range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month):
            statement = month_day(month // 12, month % 12 + 1, 1) + cards.statement_day - 1
            due = statement + BILL_DAYS
            which = np.flatnonzero((due >= first) & (due <= last) & (cards.swipe_day < statement) & ~cards.sleeps)
            parts.append((which, np.full(len(which), month), due[which]))
        which, months, day = (np.concatenate(column) for column in zip(*parts, strict=True))
        used = self._billed(which, months)[0] >= 1000
        return which[used], months[used], day[used]

    def _billed(self, which: Ints, month: Ints) -> tuple[Ints, Ints]:
        """(billed cents, cents put into an instalment plan) of bills."""
        statement = np.zeros(len(which), np.int64)
        for one in np.unique(month):
            mine = month == one
            statement[mine] = self._world.lending.used_limits(int(one))[which[mine]]
        cust = self._world.lending.cards.cust[which]
        odds = np.where(self._traits.payer[cust] == 3, 0.35, 0.01)
        plan = np.where(self._streams.sparse("bill_plan", cust, month) < odds, statement * 2 // 5, 0)
        return statement, plan

    def benefit_use(self, first: int, last: int) -> pa.Table:
        """Benefits given to those with money or new; used within three weeks by those who like them, else lapsed."""
        begin, end, parts = to_date(first - BENEFIT_DAYS), to_date(last), []
        for month in range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month):
            parts += self._benefits_of(month, first, last)
        cust, months, day, action = (np.concatenate(column) for column in zip(*parts, strict=True))
        kind = (len(BENEFITS) * self._streams.sparse("benefit_kind", cust, months)).astype(np.int64)
        number = (cust * 10000 + months % 10000) * 10 + action
        return table("benefit_use", {
            "use_id": c.ids("u", number, 14), "customer_id": c.ids("c", cust, 8), "benefit_id": c.chosen(BENEFITS, kind),
            "ts": c.timestamps(day, 36000 + cust % 20000), "action": c.chosen(("granted", "redeemed", "expired"), action),
            "cost_cny": c.money(np.where(action == 1, BENEFIT_CENTS[kind], 0))})

    def _benefits_of(self, month: int, first: int, last: int) -> list[tuple[Ints, Ints, Ints, Ints]]:
        people, n = self._people, self._people.count
        begin = month_day(month // 12, month % 12 + 1, 1)
        day = begin + (27 * self._streams.dense("benefit_day", n, month)).astype(np.int64)
        fits = (people.aum >= 5e4) | ((day - people.open_day >= 0) & (day - people.open_day <= 90))
        cust = np.flatnonzero(fits & (people.open_day <= day) & (people.age >= 18) & (self._streams.dense("benefit", n, month) < 0.3))
        u = self._streams.sparse("benefit_use", cust, month)
        used = u < self._traits.benefit_taste[cust]
        answer = np.where(used, day[cust] + 1 + (20 * u).astype(np.int64), day[cust] + BENEFIT_DAYS)
        rows = []
        for when, action in ((day[cust], np.zeros(len(cust), np.int64)), (answer, np.where(used, 1, 2))):
            keep = (when >= first) & (when <= last)
            rows.append((cust[keep], np.full(int(keep.sum()), month), when[keep], action[keep]))
        return rows


def _fees(prefix: str, number: Ints, cust: Ints, product: Ints | None, day: Ints, cents: Ints, kind: Ints) -> pa.Table:
    named = {} if product is None else {"product_id": c.chosen(PRODUCT_IDS, product)}
    return table("fee_income", {
        "fee_id": c.ids(prefix, number, 13), "customer_id": c.ids("c", cust, 8), "ts": c.timestamps(day, np.full(len(cust), 82800)),
        "amount_cny": c.money(cents), "kind": c.chosen(FEE_KINDS, kind), **named})
