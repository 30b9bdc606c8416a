"""The same bank has the same bytes, whatever windows, processes and sizes it is asked for in."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from orchestration.simulator import BankSpec, world, write_days, write_history
from orchestration.simulator.extracts import Extracts
from orchestration.simulator.played import known_lines, play
from orchestration.simulator.world import World
from tests.orchestration.simulator.conftest import START
from tests.orchestration.simulator.reading import contents


def lists_into(folder: Path, day: date, first: int) -> None:
    """A small exported list; every 11th number has no account yet."""
    folder.mkdir(exist_ok=True)
    lines = [f"L{day},maturing_deposit_wealth,{day},c{i:08d},rm_phone,W180A,s1,seg,1,{day + timedelta(14)}" for i in range(first, first + 20) if i % 11 != 10]
    head = "list_id,strategy_id,as_of_date,customer_id,channel_id,product_id,script_id,segment_id,rank,expires_date"
    (folder / f"L{day}.csv").write_text("\n".join([head, *lines]) + "\n")


def test_nights_one_by_one_equal_a_range(tmp_path: Path):
    spec = BankSpec(5, 200, START, history_months=2)
    lists = tmp_path / "lists"
    lists_into(lists, date(2026, 1, 6), 0)
    write_days(spec, tmp_path / "range", START, date(2026, 1, 18), lists)
    world._worlds.clear()
    for day in range(14):
        write_days(spec, tmp_path / "nights", START + timedelta(day), START + timedelta(day), lists)
    assert contents(tmp_path / "range") == contents(tmp_path / "nights")


def test_windows_with_lists_that_grow_equal_one_range_with_all(tmp_path: Path):
    spec = BankSpec(5, 200, START, history_months=2)
    growing, every = tmp_path / "growing", tmp_path / "every"
    for folder in (every,):
        lists_into(folder, date(2026, 1, 11), 0)
        lists_into(folder, date(2026, 1, 18), 10)
    write_days(spec, tmp_path / "one", START, date(2026, 1, 25), every)
    growing.mkdir()
    for week in range(3):
        first = START + timedelta(7 * week)
        write_days(spec, tmp_path / "windows", first, first + timedelta(6), growing)
        if week < 2:
            lists_into(growing, first + timedelta(6), 10 * week)
    assert contents(tmp_path / "one") == contents(tmp_path / "windows")


def test_history_is_the_same_in_another_process(tmp_path: Path):
    spec = BankSpec(5, 150, START, history_months=3)
    write_history(spec, tmp_path / "a")
    world._worlds.clear()
    write_history(spec, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_seed_is_another_bank(tmp_path: Path):
    for seed in (5, 6):
        write_days(BankSpec(seed, 150, START, history_months=1), tmp_path / str(seed), START, START)
    a, b = contents(tmp_path / "5"), contents(tmp_path / "6")
    assert {name for name in a if "transaction" in name} == {name for name in b if "transaction" in name}
    assert a["2026-01-05/transaction_20260105.csv"] != b["2026-01-05/transaction_20260105.csv"]


@pytest.mark.parametrize("entity", ["customer", "holding", "transaction", "app_event", "card", "loan", "consent"])
def test_more_customers_leave_the_first_ones_as_they_are(entity: str):
    small, large = (_rows(size, entity) for size in (200, 320))
    known = set(small["customer_id"].to_pylist())
    same = large.filter(np.isin(large["customer_id"].to_numpy(zero_copy_only=False), list(known)))
    assert small.num_rows > 0 and same.equals(small)


def _rows(customers: int, entity: str):
    spec = BankSpec(5, customers, START, history_months=2)
    base = World(spec)
    extracts = Extracts(base, play(base, known_lines(base, None, spec.start_day), spec.start_day))
    return extracts.rows(entity, spec.history_from, spec.start_day - 1, True)
