"""A range of nights equals the nights one by one, and a night run twice equals the night run once."""

from datetime import date, timedelta
from pathlib import Path

import eventful_bank
import pytest
from raw_bank import RawBank, days

FIRST, LAST = eventful_bank.FIRST, eventful_bank.LAST
HISTORY = FIRST - timedelta(days=60)
SNAPSHOTS = [date(2025, 1, 31), date(2025, 2, 3), LAST]
ENDS = [date(2025, 1, 26), date(2025, 1, 28), date(2025, 1, 30), date(2025, 1, 31), date(2025, 2, 3), date(2025, 2, 5), LAST]
"""Last days of the runs that the range is held against: single nights, and nights made up for together."""


def _content(bank: RawBank) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the customer layer and the targets; of the states only the last."""
    names = bank.rows(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where schema_name in ('customer', 'targets') order by all"
    )
    last = f" where state_date = date '{LAST}'"
    return {
        str(name): sorted(
            bank.rows(f"select * from {name} {last if 'holding_state' in str(name) else ''}"), key=str
        )
        for (name,) in names
    }


def _range(path: Path, seed: int, has_repeats: bool = True) -> RawBank:
    bank = RawBank(path / "build.duckdb")
    eventful_bank.land(bank, seed, has_repeats)
    bank.night(HISTORY, LAST, SNAPSHOTS)
    return bank


@pytest.fixture(scope="module")
def one_range(tmp_path_factory: pytest.TempPathFactory) -> RawBank:
    return _range(tmp_path_factory.mktemp("one"), seed=11)


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> RawBank:
    bank = RawBank(tmp_path_factory.mktemp("nights") / "build.duckdb")
    eventful_bank.land(bank, seed=11)
    bank.night(HISTORY, FIRST, [])
    before = FIRST
    for day in ENDS:
        bank.night(before + timedelta(days=1), day, [d for d in SNAPSHOTS if before < d <= day])
        before = day
    return bank


def test_a_range_equals_its_nights(one_range: RawBank, one_by_one: RawBank) -> None:
    left, right = _content(one_range), _content(one_by_one)
    assert left.keys() == right.keys()
    assert sum(len(rows) for rows in left.values()) > 500
    assert [name for name in left if left[name] != right[name]] == []


def test_a_night_run_twice_equals_the_night(one_by_one: RawBank) -> None:
    before = _content(one_by_one)
    one_by_one.night(LAST, LAST, [LAST])
    after = _content(one_by_one)
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize("day", SNAPSHOTS)
def test_holdings_are_the_newest_rows_known_by_the_date(one_range: RawBank, day: date) -> None:
    expected = one_range.rows(f"""
        select contract_no, customer_id, market_value_cny from landed.core_holding
        where dt <= date '{day}' and known_at <= date '{day}'
        qualify row_number() over (partition by contract_no order by dt desc, known_at desc) = 1 and market_value_cny > 0
        order by all""")
    found = one_range.rows(
        f"select contract_no, customer_id, market_value_amount from customer.holding_as_of"
        f" where as_of_date = date '{day}' order by all"
    )
    assert found == expected


@pytest.mark.parametrize("day", SNAPSHOTS)
def test_balance_changes_add_up_to_the_holdings(one_range: RawBank, day: date) -> None:
    added = one_range.rows(f"""
        select customer_id, product_family, sum(delta_amount) from customer.fct_balance_change
        where balance_date <= date '{day}' and known_at <= date '{day}'
        group by all having sum(delta_amount) <> 0 order by all""")
    held = one_range.rows(
        f"select customer_id, product_family, sum(market_value_amount) from customer.holding_as_of"
        f" where as_of_date = date '{day}' group by all order by all"
    )
    assert added == held


def test_balance_changes_tell_past_days_as_known_in_the_end(tmp_path: Path) -> None:
    """On every day of the window, whatever was corrected later: the sum to that day is the newest knowledge of it.

    Exact where no unchanged row was sent again: those are not kept, so a late row before them lasts until the newest.
    """
    bank = _range(tmp_path, seed=12, has_repeats=False)
    for day in days(FIRST, LAST):
        believed = bank.rows(f"""
            select customer_id, sum(greatest(market_value_cny, 0)) from (
                select * from landed.core_holding where dt <= date '{day}' and known_at <= date '{LAST}'
                qualify row_number() over (partition by contract_no order by dt desc, known_at desc) = 1)
            group by all having sum(greatest(market_value_cny, 0)) <> 0 order by all""")
        added = bank.rows(f"""
            select customer_id, sum(delta_amount) from customer.fct_balance_change where balance_date <= date '{day}'
            group by all having sum(delta_amount) <> 0 order by all""")
        assert added == believed, day


def test_month_rows_hold_the_end_and_the_mean_of_the_days(one_range: RawBank) -> None:
    expected = one_range.rows("""
        with day as (select cast(d as date) as d from range(date '2025-01-01', date '2025-02-01', interval 1 day) r(d)),
        daily as (select c.customer_id, day.d, coalesce(sum(c.delta_amount) filter (where c.balance_date <= day.d), 0) as aum
                  from customer.fct_balance_change c cross join day where c.known_at <= date '2025-01-31' group by all)
        select customer_id, max(aum) filter (where d = date '2025-01-31'), cast(floor(avg(aum) * 100 + 0.5) / 100 as decimal(18, 2))
        from daily group by all having bool_or(aum <> 0) order by all""")
    found = one_range.rows(
        "select customer_id, aum_end_amount, aum_average_amount from customer.fct_balance_month"
        " where month_end_date = date '2025-01-31' order by all"
    )
    assert found == expected


def test_households_are_the_connected_groups(one_range: RawBank) -> None:
    ties = one_range.rows("""
        select from_id, to_id from (
            select * from landed.core_customer_relation where dt <= date '2025-01-31' and known_at <= date '2025-01-31'
            qualify row_number() over (partition by from_id, to_id, rel_type order by dt desc, known_at desc) = 1)
        where coalesce(confidence, 1) >= 0.5 and coalesce(valid_to, date '2025-01-31') >= date '2025-01-31'""")
    group = {str(name): {str(name)} for pair in ties for name in pair}
    for one, other in ties:
        joined = group[str(one)] | group[str(other)]
        group |= dict.fromkeys(joined, joined)
    found = one_range.rows(
        "select customer_id, household_id, member_count from customer.household where month_end_date = date '2025-01-31'"
    )
    assert len(ties) >= 2
    assert sorted(found) == sorted((name, min(members), len(members)) for name, members in group.items())


def test_dealings_add_up_to_what_was_landed(one_range: RawBank) -> None:
    known = f"known_at <= date '{LAST}'"
    expected = one_range.rows(f"""
        select (select sum(amount_cny * row_sign) from landed.core_fee_income where {known}),
               (select sum(row_sign) from landed.core_card_bill where {known}),
               (select sum(row_sign) filter (where paid_cny >= statement_cny) from landed.core_card_bill where {known}),
               (select sum(row_sign) filter (where paid_cny <= 10) from landed.core_card_bill where {known}),
               (select sum(row_sign) filter (where action = 'redeemed') from landed.core_benefit_use where {known}),
               (select count(*) from (select visit_id from landed.core_visit where {known} group by all having sum(row_sign) > 0))""")
    found = one_range.rows("""
        select sum(fee_amount), sum(bill_count), sum(bill_full_count), sum(bill_minimum_count), sum(benefit_redeemed_count),
               (select sum(row_sign) from customer.fct_visit) from customer.fct_service_day""")
    assert found == expected
    assert one_range.rows("""select count(*) from customer.fct_service_day
                             where fee_amount <> fee_product_amount + fee_card_amount + fee_payment_amount + fee_other_amount""") == [(0,)]


def test_a_corrected_file_leaves_only_its_last_word(one_range: RawBank) -> None:
    net = one_range.rows("""select txn_id, customer_id, amount from customer.fct_transaction
                            group by all having sum(row_sign) <> 0 order by all""")
    landed = one_range.rows("""select txn_id, customer_id, amount_cny from landed.core_transaction
                               where known_at <= date '2025-02-06' group by all having sum(row_sign) <> 0 order by all""")
    assert net == landed
    counted = one_range.rows("select sum(txn_count) from customer.fct_transaction_measure")
    reversals = one_range.rows("""select sum(row_sign * case when reversal_of is null then 1 else -1 end)
                                  from landed.core_transaction where known_at <= date '2025-02-06'""")
    assert counted == reversals
