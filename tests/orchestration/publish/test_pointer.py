"""The pointer moves forward only, rolls back when asked, and old builds are collected."""

import json
from pathlib import Path

import pytest

from features import settings, warehouse
from features.errors import CheckFailed, KehuError
from features.state import State
from orchestration.publish import pointer


@pytest.fixture
def home(tmp_path: Path) -> settings.Settings:
    return settings.init(tmp_path / "home")


def _publish(home: settings.Settings, state: State, day: str) -> str:
    build_id, sequence = pointer.next_build_id(home, state, day)
    staged = home.published / f".stage-{build_id}"
    staged.mkdir()
    with warehouse.stage(staged / "store.duckdb", home) as connection:
        connection.execute(f"create table t as select '{build_id}' as build_id")
    (staged / "build.json").write_text(json.dumps({"build_id": build_id}))
    state.insert("build", {"build_id": build_id, "as_of_date": day, "sequence": sequence, "is_kept": 1,
                           "published_at": "x", "checksum": "x"})
    pointer.swap(home, staged, build_id)
    return build_id


def test_builds_of_one_date_count_up(home: settings.Settings) -> None:
    state = State(home)
    assert [_publish(home, state, "2026-01-31") for _ in range(2)] == ["b20260131-01", "b20260131-02"]
    assert warehouse.current_build(home) == "b20260131-02"


def test_an_older_build_never_overwrites_a_newer_one(home: settings.Settings) -> None:
    state = State(home)
    _publish(home, state, "2026-01-31")
    with pytest.raises(CheckFailed, match="not older"):
        _publish(home, state, "2026-01-30")
    assert warehouse.current_build(home) == "b20260131-01"


def test_rollback_and_unknown_build(home: settings.Settings) -> None:
    state = State(home)
    first = _publish(home, state, "2026-01-30")
    second = _publish(home, state, "2026-01-31")
    assert pointer.rollback(home, first) == second
    assert warehouse.current_build(home) == first
    with pytest.raises(KehuError, match="no build"):
        pointer.rollback(home, "b19990101-01")


def test_collect_keeps_the_newest_and_the_one_in_service(home: settings.Settings) -> None:
    state = State(home)
    builds = [_publish(home, state, f"2026-01-{day:02d}") for day in range(1, 6)]
    pointer.rollback(home, builds[0])
    assert pointer.collect(home, state, 2) == builds[1:3]
    assert [v["build_id"] for v in pointer.versions(home, state)] == [builds[0], *builds[3:]]


def test_a_stray_wal_stops_the_publish(home: settings.Settings) -> None:
    store = home.tmp / "store.duckdb"
    store.write_bytes(b"")
    Path(f"{store}.wal").write_bytes(b"x")
    with pytest.raises(KehuError, match="wal"):
        warehouse.assert_no_wal(store)
