"""A sample of a home's customers as the oracle's rows: what the nights left in the build database."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import tag_project

Row = dict[str, Any]
OF_EVERYBODY = {"rfm_score", "rfm_segment", "spend_preference", "product_gap", "is_middle_class", "value_grade"}
"""Tags that compare a customer with all others: a sample cannot tell them."""


class NightBank:
    """Rows of every customer-layer table for every n-th customer of a home, as of one date."""

    def __init__(self, build: Path, day: date, customers: int) -> None:
        self.tables: dict[str, list[Row]] = defaultdict(list)
        with duckdb.connect(str(build), read_only=True) as connection:
            self.ids = _sample(connection, day, customers)
            for name, columns in tag_project.contracts().items():
                self.tables[name] = _rows(connection, name, columns, day, self.ids)
            first = connection.execute("select date_trunc('month', min(month_end_date))::date from customer.fct_balance_month").fetchall()
        self.history_start: date = first[0][0]


def _sample(connection: duckdb.DuckDBPyConnection, day: date, customers: int) -> list[str]:
    found = [row[0] for row in connection.execute(
        "select customer_id from customer.customer_as_of where as_of_date = ? order by sha256(customer_id)", [day]).fetchall()]
    return sorted(found[:customers])


def _rows(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], day: date, ids: list[str]) -> list[Row]:
    conditions, values = [], []
    if "customer_id" in columns:
        conditions, values = [f"customer_id in ({', '.join('?' for _ in ids)})"], list(ids)
    if "as_of_date" in columns:
        conditions, values = [*conditions, "as_of_date = ?"], [*values, day]
    where = f" where {' and '.join(conditions)}" if conditions else ""
    found = connection.execute(f"select * from customer.{name}{where}", values)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def tags(build: Path, day: date, ids: list[str]) -> dict[str, Row]:
    """{customer: {tag: value}} as the home has them."""
    with duckdb.connect(str(build), read_only=True) as connection:
        found = connection.execute("select * from tags.customer_tags_all where as_of_date = ? and customer_id in"
                                   f" ({', '.join('?' for _ in ids)})", [day, *ids])
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["customer_id"]: row for row in rows}
