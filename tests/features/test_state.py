"""State survives, is transactional, and can be copied while it is written."""

import sqlite3
from pathlib import Path

import pytest

from features import settings
from features.errors import KehuError
from features.state import State, opened


@pytest.fixture
def home(tmp_path: Path) -> settings.Settings:
    return settings.init(tmp_path / "home")


def _audience(name: str) -> dict[str, object]:
    return {"name": name, "expression": "age > 1", "who": "me", "recorded_at": "2026-01-01"}


def test_a_folder_that_is_no_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KehuError, match="not a kehu home"):
        settings.load(tmp_path)


def test_init_refuses_a_folder_with_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(KehuError, match="not empty"):
        settings.init(tmp_path)


def test_init_again_changes_nothing(home: settings.Settings) -> None:
    before = (home.home / "kehu.json").read_text()
    settings.init(home.home, source="berka")
    assert (home.home / "kehu.json").read_text() == before


def test_a_failed_transaction_leaves_no_row(home: settings.Settings) -> None:
    with opened(home) as state:
        with pytest.raises(RuntimeError):
            with state.transaction():
                state.insert("saved_audience", _audience("a"))
                raise RuntimeError("stop")
        assert state.rows("select * from saved_audience") == []


def test_backup_is_consistent_while_another_connection_writes(home: settings.Settings, tmp_path: Path) -> None:
    writer, reader = State(home), State(home)
    writer.insert("saved_audience", _audience("a"))
    writer._connection.execute("begin immediate")
    writer.insert("saved_audience", _audience("b"))
    reader.backup(tmp_path / "copy.db")
    writer._connection.execute("commit")
    import sqlite3

    copied = sqlite3.connect(tmp_path / "copy.db").execute("select name from saved_audience").fetchall()
    assert copied == [("a",)]


def test_a_home_of_an_older_version_gains_tables_and_columns_and_loses_nothing(home: settings.Settings) -> None:
    with opened(home) as state:
        state.insert("saved_audience", _audience("grown ups"))
        wanted = {row["name"] for row in state.rows("pragma table_info(ingest_file)")}
    older = sqlite3.connect(home.state / "state.db")
    older.executescript("alter table ingest_file drop column modified_ns; alter table ingest_file drop column contract_hash;"
                        "drop table model_alias; pragma user_version = 1;")
    older.close()
    for _ in range(2):
        with opened(home) as state:
            assert {row["name"] for row in state.rows("pragma table_info(ingest_file)")} == wanted
            assert state.rows("select * from model_alias") == []
            assert [row["name"] for row in state.rows("select name from saved_audience")] == ["grown ups"]


def test_who_may_only_read_a_home_reads_its_state_and_writes_nothing(home: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(home) as state:
        state.insert("saved_audience", _audience("a"))
    with monkeypatch.context() as patched:
        patched.setattr("os.access", lambda *_: False)  # root may write everything, so the permission is taken away here
        with opened(home) as reader:
            assert [row["name"] for row in reader.rows("select name from saved_audience")] == ["a"]
            with pytest.raises(KehuError, match="may only be read"):
                reader.insert("saved_audience", _audience("b"))
            assert sorted(path.name for path in home.state.glob("state.db*")) == ["state.db"]
    writer = State(home)
    writer.insert("saved_audience", _audience("c"))
    with monkeypatch.context() as patched:
        patched.setattr("os.access", lambda *_: False)
        with opened(home) as reader:  # a night is at work: its newest words count
            assert [row["name"] for row in reader.rows("select name from saved_audience order by name")] == ["a", "c"]
    writer.close()
