"""A figure is the same to the cent wherever it is read: in the dbt model, by an analyst's SQL, and on the board."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.e2e.conftest import Played
from tests.e2e.homes import EVE, ask, kehu

FIGURES = {
    "customers": ("select count(*) from customer.customer_as_of where as_of_date = ?", "count(*)"),
    "aum": ("select sum(aum_cny) from tags.tags_assets where as_of_date = ?", "sum(aum_cny)"),
    "active": ("select count(*) from tags.tags_transactions where as_of_date = ? and txn_count_90d > 0",
               "count(*) filter (where txn_count_90d > 0)"),
    "investing": ("select count(*) from tags.tags_assets where as_of_date = ? and investment_share_rate > 0",
                  "count(*) filter (where investment_share_rate > 0)")}
"""The board's headline figures: what the dbt models built, and what an analyst asks the published wide table."""


def _cents(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def built(home: Path, sql: str) -> Decimal:
    """A figure in the build database, read between nights."""
    with duckdb.connect(str(home / "build.duckdb"), read_only=True) as connection:
        return _cents(connection.execute(sql, [EVE]).fetchall()[0][0])


@pytest.mark.parametrize("figure", FIGURES)
def test_a_headline_is_the_same_in_dbt_in_sql_and_on_the_board(bank: Played, figure: str) -> None:
    home, (model, column) = bank.after(0), FIGURES[figure]
    asked = kehu("sql", f"select {column} as figure from tags.customer_tags", "--home", home, "--json").document["rows"][0]
    shown = ask(home, f"select value from board.board_overview__kpi where kpi_id = '{figure}' and is_newest")[0][0]
    assert built(home, model) == _cents(asked[0]) == _cents(shown) > 0


def test_what_customers_contribute_is_the_same_in_the_model_the_tag_and_the_store(bank: Played) -> None:
    home = bank.after(0)
    of_today = ("select sum(total_amount) from evaluation.customer_evaluation where as_of_date = {}"
                " and caliber_version = (select caliber_version from evaluation.caliber where is_current)")
    tag = _cents(ask(home, "select sum(contribution_12m_cny) from tags.customer_tags")[0][0])
    assert built(home, of_today.format("?")) == tag == _cents(ask(home, of_today.format(f"date '{EVE}'"))[0][0])
