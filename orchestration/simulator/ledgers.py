"""Rows of money: holdings (demand balances and contracts) and transactions, marketing's changes included."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from orchestration.simulator import columns as c
from orchestration.simulator.catalogue import (
    CASH_IN,
    CASH_OUT,
    CONSUME,
    EDUCATION,
    EDUCATION_MCC,
    EMPLOYER,
    FUND,
    FX_EXCHANGE,
    MCCS,
    PARTIES,
    PERSON,
    PRODUCT_BUY,
    PRODUCT_IDS,
    PRODUCT_REDEEM,
    PRODUCT_TERM,
    SECURITIES_IN,
    SECURITIES_OUT,
    TIME,
    TRANSFER_OUT,
    TXN_CODES,
    UTILITY,
)
from orchestration.simulator.contract import table
from orchestration.simulator.flows import IS_CREDIT, Transactions
from orchestration.simulator.overlay import Overlay
from orchestration.simulator.seasons import is_month_end
from orchestration.simulator.week import Week
from orchestration.simulator.world import World

Ints = NDArray[np.int64]
TXN_CHANNELS = ("branch", "atm", "mobile")
BRANCH, ATM, MOBILE = range(3)
ORDERED_CODES = (TRANSFER_OUT, PRODUCT_BUY, PRODUCT_REDEEM, SECURITIES_IN, SECURITIES_OUT, UTILITY, EDUCATION, FX_EXCHANGE)
CURRENCIES = ("HKD", "USD", "JPY", "EUR")
ABROAD_RATE = 0.25


class Ledgers:
    """Rows of one bank, with the overlay that the known lists caused."""

    def __init__(self, world: World, overlay: Overlay) -> None:
        self._world, self._overlay = world, overlay

    def holding(self, first: int, last: int, first_state: bool, weeks: Iterable[Week]) -> pa.Table:
        """Demand balances on the days they changed, contracts at their start, month-end price and end (value 0)."""
        parts = [self._demand(first, last, first_state, weeks)]
        book = self._world.book
        base = self._contract_rows(book.start, book.end, np.flatnonzero(book.family == FUND), first, last, first_state,
                                   ~self._overlay.is_removed(book.size))
        parts.append(self._book_table(*base))
        extra = self._overlay.contracts
        more = self._contract_rows(extra.start, extra.end, np.flatnonzero(extra.is_fund), first, last, first_state,
                                   np.ones(len(extra.start), bool))
        parts.append(extra.table(*more))
        return pa.concat_tables(parts)

    def _demand(self, first: int, last: int, first_state: bool, weeks: Iterable[Week]) -> pa.Table:
        opened = self._world.people.open_day
        found = []
        for week in weeks:
            ends = week.ends.copy()
            opening = week.opening.copy()
            self._overlay.apply(week.days, ends, opening)
            before = np.concatenate([opening[None, :], ends[:-1]])
            days = np.arange(week.days.start, week.days.stop)[:, None]
            changed = (ends != before) | (days == opened)
            if first_state:
                changed |= (days == first) & (opened <= first)
            row, cust = np.nonzero(changed & (days >= first) & (days <= last) & (opened <= days))
            found.append((cust, week.days.start + row, ends[row, cust]))
        cust, day, cents = (np.concatenate(column) for column in zip(*found, strict=True))
        return table("holding", {
            "contract_no": c.ids("a", cust, 8), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "product_id": c.constant("D001", len(cust)), "market_value_cny": c.money(cents), "cost_cny": c.money(cents),
            "start_date": c.dates(opened[cust]), "auto_renew": c.flags(np.zeros(len(cust), bool))})

    @staticmethod
    def _contract_rows(start: Ints, end: Ints, funds: Ints, first: int, last: int, first_state: bool,
                       keep: NDArray[np.bool_]) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """(position, day, ended) of every row due; a contract that ends on its first day has only its end."""
        sets = []
        began = np.flatnonzero((start >= first) & (start <= last) & (end > start) & keep)
        sets.append((began, start[began]))
        if first_state:
            old = np.flatnonzero((start < first) & (end > first) & keep)
            sets.append((old, np.full(len(old), first)))
        over = np.flatnonzero((end >= first) & (end <= last) & keep)
        for month_end in (d for d in range(first + int(first_state), last + 1) if is_month_end(d)):
            held = funds[(start[funds] < month_end) & (end[funds] > month_end) & keep[funds]]
            sets.append((held, np.full(len(held), month_end)))
        sets.append((over, end[over]))
        position, day = (np.concatenate(column) for column in zip(*sets, strict=True))
        return position, day, np.arange(len(position)) >= len(position) - len(over)

    def _book_table(self, position: Ints, day: Ints, ended: NDArray[np.bool_]) -> pa.Table:
        book = self._world.book
        cust, product = book.cust[position], book.product[position]
        value = np.where(ended, 0, book.value(position, day))
        term = PRODUCT_TERM[product]
        return table("holding", {
            "contract_no": c.ids("h", cust * 10000 + book.seq[position], 12), "dt": c.dates(day), "customer_id": c.ids("c", cust, 8),
            "product_id": c.chosen(PRODUCT_IDS, product), "market_value_cny": c.money(value),
            "cost_cny": c.money(book.cents[position]), "start_date": c.dates(book.start[position]),
            "maturity_date": c.dates(book.start[position] + term, term == 0),
            "auto_renew": c.flags((book.family[position] == TIME) & (cust % 4 > 0))})

    def transaction(self, first: int, last: int, weeks: Iterable[Week]) -> pa.Table:
        """Base movements but those of removed contracts, and the overlay's own."""
        removed = self._overlay.is_removed(self._world.book.size)
        parts = []
        for week in weeks:
            rows = week.transactions
            keep = (rows.day >= first) & (rows.day <= last)
            if removed.any():
                keep &= ~((rows.contract >= 0) & removed[rows.contract])
            parts.append(self._txn_table(rows.take(keep), "t"))
        extra = self._overlay.transactions
        parts.append(self._txn_table(extra.take((extra.day >= first) & (extra.day <= last)), "x"))
        return pa.concat_tables(parts)

    def _txn_table(self, rows: Transactions, prefix: str) -> pa.Table:
        cust, day, code = rows.cust.astype(np.int64), rows.day.astype(np.int64), rows.code.astype(np.int64)
        number = (day * 10 ** 8 + cust) * 1000 + rows.seq
        draw = {name: self._world.streams.sparse(name, number) for name in ("txn_mcc", "txn_merchant", "txn_channel")}
        is_school = code == EDUCATION
        shops = np.isin(code, (CONSUME, UTILITY)) | is_school
        mcc = np.where(is_school, len(MCCS), (len(MCCS) * draw["txn_mcc"] ** 1.6).astype(np.int64))
        planted = self._world.planted.tuition[cust] & is_school
        merchant = np.where(is_school, np.where(planted, 1, 2 + cust % 50), 1000 + (4000 * draw["txn_merchant"] ** 2).astype(np.int64))
        abroad = self._abroad(cust, code, number)
        return table("transaction", {
            "txn_id": c.ids(prefix, number, 16), "account_id": c.ids("a", cust, 8), "customer_id": c.ids("c", cust, 8),
            "ts": c.timestamps(day, rows.sec.astype(np.int64)), "amount_cny": c.money(rows.cents),
            "dr_cr": c.chosen(("D", "C"), IS_CREDIT[code].astype(np.int64)), "txn_code": c.chosen(TXN_CODES, code),
            "channel_id": c.chosen(TXN_CHANNELS, self._channel(cust, code, draw["txn_channel"])),
            "counterparty_type": c.chosen(PARTIES, rows.party.astype(np.int64)), "counterparty_id": self._party(cust, rows),
            "mcc": c.chosen((*MCCS, EDUCATION_MCC), np.where(shops, mcc, -1)),
            "merchant_id": c.with_nulls(c.ids("m", merchant, 5), ~shops), "overseas_flag": c.flags(abroad >= 0),
            "txn_ccy": c.chosen(CURRENCIES, abroad)})

    def _channel(self, cust: Ints, code: Ints, u: NDArray[np.float64]) -> Ints:
        """Cash at the counter or the machine; orders by telephone app where the customer has it, else at the counter."""
        ordered = np.where(self._world.people.is_app_user[cust] & (u < 0.9), MOBILE, BRANCH)
        return np.select([np.isin(code, (CASH_IN, CASH_OUT)), np.isin(code, ORDERED_CODES)],
                         [np.where(u < 0.6, BRANCH, ATM), ordered], -1)

    def _abroad(self, cust: Ints, code: Ints, number: Ints) -> Ints:
        """Position of the currency of purchases abroad, -1 at home."""
        found = np.full(len(cust), -1)
        mine = np.flatnonzero(self._world.traits.is_cross_border[cust] & (code == CONSUME))
        u = self._world.streams.sparse("txn_abroad", number[mine])
        found[mine] = np.where(u < ABROAD_RATE, (len(CURRENCIES) * u / ABROAD_RATE).astype(np.int64), -1)
        return found

    def _party(self, cust: Ints, rows: Transactions) -> pa.Array:
        """Employers and persons have an id; shops have their merchant id, the rest none."""
        employer = c.ids("emp", self._world.people.employer[cust], 4)
        person = c.ids("per", cust * 7 % 9973 + rows.cents % 5, 4)
        text = pc.if_else(pa.array(rows.party == EMPLOYER), employer, person)
        return c.with_nulls(text, ~np.isin(rows.party, (EMPLOYER, PERSON)))


