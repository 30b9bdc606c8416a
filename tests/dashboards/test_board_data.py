"""Reading the store: the build in service, rollback, a store that lacks a table."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dashboards import board_data
from features.errors import KehuError
from features.settings import Settings


@pytest.fixture
def copied(bank_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private copy of the home's published folder with a second, newer build in it."""
    home = tmp_path / "home"
    shutil.copytree(bank_home.home, home, ignore=shutil.ignore_patterns("tmp", "build.duckdb*"))
    newer = home / "published" / "b20261123-01"
    shutil.copytree(home / "published" / "b20261122-01", newer)
    (newer / "build.json").write_text('{"as_of_date": "2026-11-23"}')
    monkeypatch.setenv("KEHU_HOME", str(home))
    yield home


def test_a_build_newer_than_the_one_in_service_is_not_offered(copied: Path) -> None:
    assert [b.build_id for b in board_data.builds()] == ["b20261122-01"]
    (copied / "published" / "CURRENT").write_text("b20261123-01\n")
    assert [(b.build_id, b.as_of_date) for b in board_data.builds()] == [
        ("b20261123-01", "2026-11-23"), ("b20261122-01", "2026-11-22")]


def test_a_build_being_written_is_not_offered(copied: Path) -> None:
    shutil.copytree(copied / "published" / "b20261122-01", copied / "published" / ".stage-b20261122-02")
    assert [b.build_id for b in board_data.builds()] == ["b20261122-01"]


def test_each_build_has_its_own_cache(copied: Path) -> None:
    first = board_data.table("meta.build", "b20261122-01").build_id.iloc[0]
    with duckdb.connect(str(copied / "published" / "b20261123-01" / "store.duckdb")) as connection:
        connection.execute("update meta.build set build_id = 'b20261123-01'")
    assert first == "b20261122-01"
    assert board_data.table("meta.build", "b20261123-01").build_id.iloc[0] == "b20261123-01"
    assert board_data.table("meta.build", "b20261122-01").build_id.iloc[0] == "b20261122-01"


def test_a_store_without_the_table_says_which_command_mends_it(copied: Path) -> None:
    with pytest.raises(KehuError) as raised:
        board_data.table("board.no_such_table", "b20261122-01")
    assert "no_such_table" in raised.value.message
    assert raised.value.fix == "kehu nightly"


def test_the_connection_cannot_write_or_reach_files(copied: Path) -> None:
    for sql in ("create table board.x as select 1", "select * from read_text('/etc/hostname')", "set memory_limit = '9GB'"):
        with pytest.raises(KehuError):
            board_data._select(sql, str(copied / "published" / "b20261122-01" / "store.duckdb"))


def test_publish_time_is_shown_in_shanghai(copied: Path) -> None:
    assert f"{board_data.published_at('b20261122-01'):%Y-%m-%d %H:%M}" == "2026-11-23 02:47"


def test_file_totals_add_up(copied: Path) -> None:
    row = board_data.file_totals("b20261122-01")
    assert row.file_count == row.loaded_count + row.duplicate_count + row.quarantined_count
    assert (row.loaded_count, row.duplicate_count, row.quarantined_count) == (4, 1, 1)
