"""Reads of a store: an analyst's SELECT, one customer's tags with what explains them."""

import shutil
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent / "audience"))

import audience_home as bank

from features import settings, store, tag_reader
from features.errors import KehuError
from features.settings import Settings


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return bank.make(tmp_path_factory.mktemp("reads") / "home")


@pytest.fixture
def home(pristine: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(pristine.home, tmp_path / "home")
    return settings.load(tmp_path / "home")


def test_columns_of_one_name_are_told_apart(home: Settings) -> None:
    assert store.query(home, "select 1 as a, 2 as a, 3 as a_1") == (["a", "a_2", "a_1"], [(1, 2, 3)])
    columns, [row] = store.query(home, "select * from tags.customer_tags a join tags.customer_tags b using (age) limit 1")
    assert len(set(columns)) == len(columns) == len(row)


def test_a_history_names_the_dates_it_was_asked_for(home: Settings) -> None:
    assert len(store.customer_history(home, "c007")) == 3
    with pytest.raises(KehuError, match="--to 2026-03-01 is before --from 2026-04-01"):
        store.customer_history(home, "c007", first=date(2026, 4, 1), last=date(2026, 3, 1))
    with pytest.raises(KehuError, match="no date is kept from 2027-01-01"):
        store.customer_history(home, "c007", first=date(2027, 1, 1))
    with pytest.raises(KehuError, match="no customer 'nobody'"):
        store.customer_history(home, "nobody")


def test_a_past_value_is_explained_by_the_build_that_told_it(home: Settings) -> None:
    for number, build_id in enumerate(bank.BUILDS):
        with duckdb.connect(str(home.published / build_id / "store.duckdb")) as connection:
            connection.execute("create schema customer; alter table tags.catalogue add column inputs varchar;"
                               "alter table tags.catalogue add column code varchar; alter table tags.catalogue add column version int")
            connection.execute("update tags.catalogue set code = id, inputs = '[\"customer_as_of.born_year\"]' where id = 'age'")
            connection.execute(f"create table customer.dim_customer as select 'c010' as customer_id, {1990 + number} as born_year")

    def born(**asked: date) -> object:
        return tag_reader.customer(home, "c010", **asked)["tags"]["age"]["inputs"]["customer_as_of.born_year"]

    assert born() == born(known_at=date(2027, 1, 1)) == 1992
    assert born(as_of=bank.DATES[0], known_at=bank.DATES[0]) == 1990
    assert born(as_of=bank.DATES[0]) is None, "told again by a later build, whose row is of a later date"
