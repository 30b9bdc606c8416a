"""Tags find what was planted in the simulated bank, and little else."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.e2e.conftest import Played, fresh
from tests.e2e.homes import EVE, START, ask, kehu, nightly

LONG_MONTHS = 8
"""Months of history from which on sleep can be told: 180 days, and what came before them."""


def planted(landing: Path, name: str, sql: str = "select customer_id from {}") -> set[str]:
    """Customers of one planted pattern."""
    table = f"read_parquet('{landing / 'truth' / 'planted' / name}.parquet')"
    return {row[0] for row in duckdb.sql(sql.format(table)).fetchall()}


def tagged(home: Path, condition: str) -> set[str]:
    return {row[0] for row in ask(home, f"select customer_id from tags.customer_tags where {condition}")}


def precision_and_recall(found: set[str], wanted: set[str]) -> tuple[float, float]:
    return len(found & wanted) / len(found), len(found & wanted) / len(wanted)


def test_payroll_clients_are_found(bank: Played) -> None:
    home = bank.after(0)
    paid_twice = tagged(home, "tenure_months >= 3 and lifecycle_stage not in ('dormant', 'lost')")
    precision, recall = precision_and_recall(tagged(home, "is_payroll") & paid_twice, planted(bank.landing, "payroll") & paid_twice)
    assert precision >= 0.99 and recall >= 0.99


def test_the_share_of_private_customers_with_one_product_is_the_planted_one(bank: Played) -> None:
    home = bank.after(0)
    private, single = planted(bank.landing, "private"), planted(bank.landing, "single_product_private")
    assert tagged(home, "aum_tier = 't7_private'") == private
    assert tagged(home, "aum_tier = 't7_private' and is_single_product") == single
    assert abs(len(single) / len(private) - 0.25) < 1 / len(private)


def test_the_honeymoon_is_whom_it_should_be(bank: Played) -> None:
    wanted = planted(bank.landing, "honeymoon", f"select customer_id from {{}} where date '{EVE}' between open_date and last_date")
    assert len(wanted) > 20 and tagged(bank.after(0), "is_honeymoon") == wanted


def test_monthly_tuition_makes_a_parent_and_a_single_fee_does_not(bank: Played) -> None:
    home, carriers = bank.after(0), planted(bank.landing, "tuition")
    awake = tagged(home, "lifecycle_stage not in ('dormant', 'lost') and tenure_months >= 6")  # any half year has three fees
    found = tagged(home, "is_parent and education_spend_180d_cny > 0")
    assert carriers & awake <= found
    assert not planted(bank.landing, "tuition_decoy") & tagged(home, "is_parent and family_stage = 'school_child'") - carriers


def test_the_households_are_those_of_the_known_ties(bank: Played) -> None:
    wanted = planted(bank.landing, "household", "select customer_id || ' ' || household_id from {}")
    found = {f"{customer} {household}" for customer, household in ask(
        bank.after(0), "select customer_id, household_id from tags.customer_tags where household_method <> 'source'")}
    assert wanted and found == wanted


@pytest.mark.parametrize(("pattern", "condition", "least_recall"), [
    ("merchant", "is_merchant", 0.5), ("cross_border", "is_cross_border", 0.7)])
def test_nobody_else_is_taken_for_a_carrier(bank: Played, pattern: str, condition: str, least_recall: float) -> None:
    """Carriers may rest for a while; nobody else trades or pays abroad."""
    precision, recall = precision_and_recall(tagged(bank.after(0), condition), planted(bank.landing, pattern))
    assert precision == 1.0 and recall >= least_recall


@pytest.mark.slow
def test_who_sleeps_is_dormant(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    kehu("generate", "--out", landing, "--customers", 2000, "--start", START, "--days", 0, "--seed", 11,
         "--history-months", LONG_MONTHS)
    fresh(home)
    nightly(home, landing, EVE)
    found, poor = tagged(home, "is_dormant"), tagged(home, "aum_month_avg_cny < 1000")
    since = EVE - timedelta(days=180)
    old = {row[0] for row in ask(home, f"select customer_id from customer.dim_customer where opened_date <= date '{since}'")}
    quiet = planted(landing, "last_act", f"select customer_id from {{}} where last_act_date is null or last_act_date <= date '{since}'")
    assert found == quiet & poor & old
    cohort = planted(landing, "dormant")
    assert len(cohort) > 20 and cohort <= found
    asleep = planted(landing, "sleep", f"select customer_id from {{}} where date <= date '{EVE}' group by customer_id"
                     f" having arg_max(is_asleep, date) and max(date) <= date '{since}'")
    assert len(asleep) > 400 and asleep & poor <= found
