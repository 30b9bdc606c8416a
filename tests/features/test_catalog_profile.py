"""Coverage, mean and share of true of every tag, on the build's date and at the month ends before it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from features import catalog_profile

DAY = date(2026, 4, 10)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    found = duckdb.connect()
    found.execute("attach ':memory:' as store; create schema tags; create schema store.tags")
    columns = "customer_id varchar, age integer, has_rm boolean, aum_cny decimal(18,2), stage varchar, currency varchar, as_of_date date"
    found.execute(f"create table tags.customer_tags_all ({columns}); create table store.tags.customer_tags ({columns}, churn double)")
    for day in ("2026-04-10", "2026-04-09", *(f"2025-{month}" for month in ("07-31", "08-31", "09-30", "10-31", "11-30", "12-31")), "2026-03-31"):
        found.execute(f"insert into tags.customer_tags_all values ('a', 30, true, 0.10, 'x', 'CNY', '{day}'),"
                      f" ('b', null, false, 0.20, null, 'CNY', '{day}')")
    found.execute("insert into store.tags.customer_tags select *, 0.25 from tags.customer_tags_all where as_of_date = '2026-04-10'")
    yield found
    found.close()


def test_the_profile_of_the_day_and_of_six_month_ends(connection: duckdb.DuckDBPyConnection) -> None:
    catalog_profile.write(connection, DAY)
    rows = connection.execute("select tag_id, coverage_rate, mean_value from store.tags.profile where as_of_date = ? order by 1",
                              [DAY]).fetchall()
    assert rows == [("age", 0.5, 30.0), ("aum_cny", 1.0, pytest.approx(0.15)), ("churn", 1.0, 0.25), ("has_rm", 1.0, 0.5),
                    ("stage", 0.5, None)]
    dates = [row[0] for row in connection.execute("select distinct as_of_date from store.tags.profile where tag_id = 'age' order by 1").fetchall()]
    assert dates == [date(2025, 8, 31), date(2025, 9, 30), date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31), date(2026, 3, 31), DAY]


def test_the_trend_is_read_back_and_empty_without_its_table(connection: duckdb.DuckDBPyConnection) -> None:
    assert catalog_profile.trend(connection, "age") == []
    catalog_profile.write(connection, DAY)
    connection.execute("use store")
    found = catalog_profile.trend(connection, "aum_cny")
    assert len(found) == 7 and found[-1]["as_of_date"] == DAY
    assert Decimal(str(found[-1]["mean_value"])).quantize(Decimal("0.01")) == Decimal("0.15")
