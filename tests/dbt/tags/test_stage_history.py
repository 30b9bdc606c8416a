"""Days in a stage: a range of snapshot dates equals its nights one by one, and a night run twice changes nothing."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import tag_project
from customer_bank import CustomerBank

DATES = [date(2026, 4, 30), *(date(2026, 6, 1) + timedelta(days=5 * n) for n in range(6))]
SQL = "select * from tags.customer_tags_all order by as_of_date, customer_id"


@pytest.fixture(scope="module")
def bank() -> CustomerBank:
    return CustomerBank(seed=5, customers=60, dates=DATES)


def _runs(bank: CustomerBank, path: Path, runs: list[list[date]]) -> list[tuple[object, ...]]:
    tag_project.create(path, bank.tables)
    for dates in runs:
        tag_project.run(path, dates)
    return list(tag_project.frame(path, SQL).itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def one_range(bank: CustomerBank, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    return _runs(bank, tmp_path_factory.mktemp("range") / "build.duckdb", [DATES])


def test_a_range_equals_its_nights(bank: CustomerBank, one_range: list[tuple[object, ...]], tmp_path: Path) -> None:
    assert len(one_range) == len(DATES) * len(bank.ids)
    assert _runs(bank, tmp_path / "build.duckdb", [[day] for day in DATES]) == one_range


def test_chunks_and_a_repeated_night_change_nothing(bank: CustomerBank, one_range: list[tuple[object, ...]],
                                                    tmp_path: Path) -> None:
    assert _runs(bank, tmp_path / "build.duckdb", [DATES[:3], DATES[3:], DATES[-1:]]) == one_range


def test_a_stage_starts_with_its_first_snapshot(bank: CustomerBank, tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    _runs(bank, path, [DATES[:2], DATES[2:]])
    rows = tag_project.frame(path, "select customer_id, as_of_date, lifecycle_stage, stage_start_date, days_in_stage"
                                   " from tags.tags_lifecycle order by customer_id, as_of_date").to_dict("records")
    start, before, changes = None, None, 0
    for row in rows:
        is_new = before is None or (row["customer_id"], row["lifecycle_stage"]) != before
        changes += is_new
        start = row["as_of_date"] if is_new else start
        assert row["stage_start_date"] == start
        assert row["days_in_stage"] == (row["as_of_date"] - row["stage_start_date"]).days
        before = (row["customer_id"], row["lifecycle_stage"])
    assert changes > len(bank.ids)


def test_every_change_of_stage_is_counted(bank: CustomerBank, tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    _runs(bank, path, [DATES[:2], DATES[2:]])
    stages = {(r["customer_id"], r["as_of_date"]): r["lifecycle_stage"] for r in tag_project.frame(
        path, "select customer_id, as_of_date, lifecycle_stage from tags.tags_lifecycle").to_dict("records")}
    wanted = Counter((after, stages[customer, before], stages[customer, after]) for customer in bank.ids
                     for before, after in pairwise(DATES) if stages[customer, before] != stages[customer, after])
    rows = tag_project.frame(path, "select * from tags.lifecycle_transition").to_dict("records")
    assert {(r["as_of_date"], r["from_stage"], r["to_stage"]): r["customer_count"] for r in rows} == wanted
    assert all(r["is_allowed"] for r in rows), "whatever balances and days do, the rules make no such change"
