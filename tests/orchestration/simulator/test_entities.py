"""The smaller extracts: whole from window to window, true to their plan, leading somewhere."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from orchestration.simulator import BankSpec, write_truth
from orchestration.simulator.contract import KEYS, SPARSE
from orchestration.simulator.extracts import Extracts
from orchestration.simulator.played import known_lines, play
from orchestration.simulator.world import World
from tests.orchestration.simulator.conftest import START
from tests.orchestration.simulator.reading import rows_of

CUSTOMERS = 1500


@pytest.fixture(scope="module")
def extracts() -> Extracts:
    return _extracts(CUSTOMERS)


def _extracts(customers: int) -> Extracts:
    spec = BankSpec(5, customers, START, history_months=4, dirt=False)
    world = World(spec)
    return Extracts(world, play(world, known_lines(world, None, spec.start_day), spec.start_day))


@pytest.fixture(scope="module")
def tables(extracts: Extracts) -> dict[str, pa.Table]:
    spec = extracts._world.spec
    return {entity: extracts.rows(entity, spec.history_from, spec.start_day - 1, True) for entity in SPARSE}


@pytest.mark.parametrize("entity", SPARSE)
def test_days_one_by_one_equal_the_range(entity: str, extracts: Extracts) -> None:
    spec = extracts._world.spec
    first, last = spec.start_day - 40, spec.start_day - 1
    whole = extracts.rows(entity, first, last, False)
    days = [extracts.rows(entity, day, day, False) for day in range(first, last + 1)]
    order = [(name, "ascending") for name in KEYS[entity]]
    assert whole.equals(pa.concat_tables(days).sort_by(order))


@pytest.mark.parametrize("entity", SPARSE)
def test_there_are_rows_with_keys_of_their_own(entity: str, tables: dict[str, pa.Table], con: duckdb.DuckDBPyConnection) -> None:
    rows = tables[entity]
    twice = con.sql(f"select {', '.join(KEYS[entity])} from rows group by all having count(*) > 1 limit 3").fetchall()
    assert rows.num_rows > 5 and twice == []


@pytest.mark.parametrize("entity", ["visit", "private_domain", "fee_income", "card_bill", "benefit_use", "application", "referral"])
def test_more_customers_leave_the_first_ones_as_they_are(entity: str, tables: dict[str, pa.Table]) -> None:
    spec_rows, large = tables[entity], _extracts(CUSTOMERS + 220)
    spec = large._world.spec
    found = large.rows(entity, spec.history_from, spec.start_day - 1, True)
    known = {f"c{number:08d}" for number in range(BankSpec(5, CUSTOMERS, START).pool)}
    assert found.filter(np.isin(found["customer_id"].to_numpy(zero_copy_only=False), list(known))).equals(spec_rows)


def test_references_lead_somewhere(bank: Path, con: duckdb.DuckDBPyConnection) -> None:
    for entity, column, other, key in (
            ("customer_relation", "to_id", "customer", "customer_id"), ("visit", "branch_id", "branch", "branch_id"),
            ("visit", "served_by", "employee", "employee_id"), ("private_domain", "link_id", "employee", "employee_id"),
            ("card_bill", "card_id", "card", "card_id"), ("fee_income", "product_id", "product", "product_id"),
            ("customer", "village_id", "village", "village_id"), ("application", "product_id", "product", "product_id"),
            ("prospect", "converted_customer_id", "customer", "customer_id"), ("referral", "to_employee", "employee", "employee_id"),
            ("feedback", "employee_id", "employee", "employee_id"), ("feedback", "customer_id", "customer", "customer_id")):
        found = con.execute(f"select count(*), count(*) filter (where b.id is null) from {rows_of(con, bank, entity)} as a left join"
                            f" (select distinct {key} as id from {rows_of(con, bank, other)}) as b on a.{column} = b.id"
                            f" where a.{column} is not null").fetchone()
        assert found is not None and found[0] > 0 and found[1] == 0, (entity, column, found)


def test_stages_follow_each_other(tables: dict[str, pa.Table], con: duckdb.DuckDBPyConnection) -> None:
    applications = tables["application"]
    backwards = con.execute("""
        with ranked as (select *, list_position(['started', 'submitted', 'review', 'approved', 'rejected', 'cancelled', 'completed'], stage) as p
                        from applications)
        select count(*) from (select p < lag(p) over (partition by application_id order by dt) as back from ranked) where back""").fetchone()
    assert backwards == (0,) and applications.num_rows > 50


def test_private_customers_hold_one_product_one_time_in_four(big_world: World) -> None:
    planted, book = big_world.planted, big_world.book
    private = np.flatnonzero(planted.private)
    alone = ~np.isin(private, book.cust[book.alive()]) & ~np.isin(private, big_world.lending.cards.cust) & ~big_world.lending.has_loan[private]
    assert len(private) >= 8 and alone.sum() == planted.single_product.sum() == (len(private) + 2) // 4
    assert not np.isin(np.flatnonzero(planted.single_product), big_world.past.cust).any()
    facts = big_world.facts_known(big_world.spec.start_day + 30)
    assert facts.aum[private].min() > 6e6 and facts.aum[~planted.private].max() < 6e6


def test_merchants_are_paid_on_most_days_and_parents_are_few(big_world: World) -> None:
    spec = big_world.spec
    weeks = [big_world.week(i).transactions for i in range(spec.block_of(spec.start_day), spec.block_of(spec.start_day) + 13)]
    cust, day, code = (np.concatenate([getattr(w, name) for w in weeks]) for name in ("cust", "day", "code"))
    merchants = np.flatnonzero(big_world.planted.merchant & (big_world.people.open_day < spec.start_day))
    paid = np.unique(cust[code == 18].astype(np.int64) * 100000 + day[code == 18]) // 100000
    days_paid = np.bincount(paid, minlength=big_world.people.count)
    assert len(merchants) >= 20 and days_paid[merchants].min() >= 60
    school = np.bincount(cust[code == 20], minlength=big_world.people.count)
    tuition = big_world.planted.tuition & (big_world.people.open_day < spec.start_day)
    assert (school[tuition] == 3).mean() > 0.9  # on the third of February to April, but for churners
    assert 0.005 < (school[~tuition] >= 3).mean() < 0.04


def test_the_dormant_are_never_seen(big_world: World) -> None:
    spec = big_world.spec
    weeks = [big_world.week(i) for i in range(spec.block_of(spec.start_day), big_world.next_index)]
    seen = np.unique(np.concatenate([w.transactions.cust[w.transactions.code != 9] for w in weeks] + [w.app.events.cust for w in weeks]))
    dormant = np.flatnonzero(big_world.planted.dormant)
    assert len(dormant) > 100 and not np.isin(dormant, seen).any()


def test_the_truth_names_every_cohort(tmp_path: Path) -> None:
    write_truth(BankSpec(5, 600, START, history_months=6, dirt=False), tmp_path)
    tables = {path.stem: parquet.read_table(path) for path in (tmp_path / "planted").glob("*.parquet")}
    assert {"private", "merchant", "dormant", "cross_border", "title", "card_payer", "honeymoon", "sleep", "last_act", "household",
            "application_break", "payroll_decoy_rent"} <= set(tables)
    acts = dict(zip(*tables["last_act"].to_pydict().values(), strict=True))
    assert {acts[one] for one in tables["dormant"]["customer_id"].to_pylist()} == {None}
    assert max(day for day in acts.values() if day) == START - timedelta(days=1)
    opened = tables["honeymoon"]["open_date"].to_pylist()
    assert min(opened) >= date(2025, 7, 1) and tables["household"].num_rows > 100
    groups = tables["household"].to_pydict()
    assert all(head <= member for head, member in zip(groups["household_id"], groups["customer_id"], strict=True))
