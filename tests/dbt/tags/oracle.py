"""The tags again, customer by customer in plain Python, written from the catalogue's definitions and not from the SQL."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import oracle_behaviour
import oracle_breaks
import oracle_contracts
import oracle_lifecycle
import oracle_money
import oracle_person
import oracle_services
from customer_bank import CustomerBank

Row = dict[str, Any]
DATE_COLUMNS = {"fct_transaction_measure": "txn_date", "fct_transaction": "txn_date", "fct_app_day": "event_date",
                "fct_contact": "contact_date", "fct_response": "response_date", "fct_purchase": "purchase_date",
                "fct_app_step": "event_date", "fct_visit": "visit_date", "fct_service_day": "service_date",
                "household": "month_end_date", "dim_private_domain_version": "changed_date", "dim_case_version": "changed_date",
                "dim_consent_version": "changed_date", "dim_holding_version": "changed_date", "dim_account_version": "changed_date",
                "fct_balance_change": "balance_date", "fct_balance_month": "month_end_date"}


class View:
    """What the bank knew of one customer at the end of `day`."""

    def __init__(self, customer: str, day: date, tables: dict[str, list[Row]], history_start: date) -> None:
        self.customer, self.day, self._tables, self.history_start = customer, day, tables, history_start

    def on(self, day: date) -> "View":
        """The same customer as known on another day; as-of tables have rows of the snapshot dates only."""
        return View(self.customer, day, self._tables, self.history_start)

    def rows(self, table: str) -> list[Row]:
        """Rows true by the day and known by the day (events), or of the day (as-of tables)."""
        found = self._tables.get(table, [])
        if table in DATE_COLUMNS:
            column = DATE_COLUMNS[table]
            return [r for r in found if r[column] <= self.day and r["known_at"] <= self.day]
        return [r for r in found if r["as_of_date"] == self.day]

    def window(self, table: str, days: int, until: int = 0) -> list[Row]:
        """Event rows of the `days` days that end `until` days before the day."""
        column, end = DATE_COLUMNS[table], self.day - timedelta(days=until)
        return [r for r in self.rows(table) if end - timedelta(days=days) < r[column] <= end]

    def by_day(self, table: str, column: str, days: int) -> dict[date, Decimal]:
        """Net amount or count per day of a window (corrections cancel)."""
        sums: dict[date, Decimal] = defaultdict(Decimal)
        for row in self.window(table, days):
            sums[row[DATE_COLUMNS[table]]] += Decimal(str(row[column] or 0))
        return sums

    def total(self, table: str, column: str, days: int, until: int = 0) -> Decimal:
        return sum((Decimal(str(r[column] or 0)) for r in self.window(table, days, until)), Decimal(0))

    @property
    def person(self) -> Row:
        return self.rows("customer_as_of")[0]


def half_up(amount: Decimal) -> Decimal:
    """To the cent, half a cent up."""
    return (amount * 100 + Decimal("0.5")).to_integral_value(ROUND_FLOOR) / 100


def share(part: Decimal, whole: Decimal, floor: int = 0) -> float | None:
    return float(part) / float(whole) if whole and whole >= floor else None


def months_back(day: date, months: int) -> date:
    """The same day some months earlier, or the last day of that month."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    return date(first.year, first.month, min(day.day, month_end(first).day))


def month_end(day: date) -> date:
    return (date(day.year, day.month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def tags(bank: CustomerBank, day: date) -> dict[str, Row]:
    """{customer: {tag: value}} of everything the oracle knows."""
    grouped: dict[str, dict[str, list[Row]]] = {c: defaultdict(list) for c in bank.ids}
    for table, rows in bank.tables.items():
        for row in rows:
            if "customer_id" in row:
                grouped[row["customer_id"]][table].append(row)
    views = [View(c, day, grouped[c], bank.history_start) for c in bank.ids]
    found: dict[str, Row] = {v.customer: {} for v in views}
    contracts = oracle_contracts.Shelf(bank.tables)
    parts = (oracle_money.tags, oracle_behaviour.tags, oracle_services.tags, oracle_person.tags, oracle_lifecycle.tags,
             oracle_breaks.tags, contracts.tags)
    for part in parts:
        for view in views:
            found[view.customer] |= part(view, found[view.customer])
    oracle_behaviour.add_rfm(views, found)
    oracle_behaviour.add_spend_preference(views, found)
    oracle_contracts.add_product_gap(views, found)
    oracle_services.add_village(bank.tables["dim_village_version"], views, found)
    oracle_person.add_middle_class(views, found)
    oracle_money.add_value_grade(views, found)
    return found
