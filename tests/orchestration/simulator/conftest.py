"""One small bank, written once, for the tests that only read it."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.simulator import BankSpec, write_days, write_history
from orchestration.simulator.world import World, world_of

START = date(2026, 1, 5)


@pytest.fixture(scope="session")
def clean() -> BankSpec:
    return BankSpec(seed=5, customers=600, start=START, history_months=6, dirt=False)


@pytest.fixture(scope="session")
def bank(clean: BankSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """History and the first ten nights of the clean bank, nobody listed."""
    out = tmp_path_factory.mktemp("bank")
    write_history(clean, out)
    write_days(clean, out, START, date(2026, 1, 14))
    return out


@pytest.fixture(scope="session")
def big_world() -> World:
    """A bank large enough for rates, a month after its first night; nothing is written."""
    spec = BankSpec(seed=3, customers=12000, start=START, history_months=5, dirt=False)
    world = world_of(spec, 0)
    start = spec.block_of(spec.start_day)
    world.catch_up(start + 18, start)
    return world


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
