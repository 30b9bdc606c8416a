"""A customer's past is the same with volumes and without, whatever stopped half-way, was restated, or got new columns."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from features import settings as kehu_settings
from features import store, tag_history, tag_volumes
from features.settings import Settings
from orchestration import backups
from orchestration.publish import volumes

FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(24)]
IN_SERVICE = f"b{DAYS[-1]:%Y%m%d}-01"
ASKED = ("c0000", "c0777", "c2999", "new12")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """24 nights of 3000 customers in row groups of 2048; from the 14th day on there is a tag more, and one more customer a day."""
    found = kehu_settings.init(tmp_path / "home")
    for number, day in enumerate(DAYS):
        _write(found, f"tags/{day}/b{day:%Y%m%d}-01", number)
    (found.published / "CURRENT").write_text(IN_SERVICE + "\n")
    return found


def _write(home: Settings, name: str, number: int, shift: int = 0) -> None:
    path = home.history / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    extra = f", 'tier' || ((i + {number}) % 3) as tier" if number >= 13 else ""
    rows = (f"select 'c' || lpad(i::varchar, 4, '0') as customer_id, (i * 7 + {number + shift})::decimal(18, 2) as aum_cny,"
            f" nullif(i % 5, 0) as visits{extra}, date '{DAYS[number]}' as as_of_date from range(3000) t(i)")
    added = f"select 'new' || lpad(i::varchar, 2, '0'), 1, 1{', null' if extra else ''}, date '{DAYS[number]}' from range({number}) t(i)"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select * from ({rows} union all {added}) order by customer_id) to '{path}' (format parquet, row_group_size 2048)")


def _answers(home: Settings) -> list[Any]:
    days = [store.customer_tags(home, customer, day) for customer in ASKED[:3] for day in DAYS]
    return [*days, *(store.customer_history(home, customer) for customer in ASKED), store.customer_history(home, "c0777", ["tier"])]


def test_every_answer_is_the_same_with_volumes(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "CUSTOMERS", 500)
    monkeypatch.setattr(volumes, "FILES_AT_ONCE", 2)
    before = _answers(home)
    made = volumes.bind(home)
    assert [(row["from_date"], row["to_date"]) for row in made] == [
        (str(DAYS[0]), str(DAYS[9])), (str(DAYS[10]), str(DAYS[12])), (str(DAYS[13]), str(DAYS[22]))], "a new tag closes a volume"
    assert _answers(home) == before
    assert volumes.bind(home) == [], "the date in service may be run again: it is not bound"
    parts = sorted((tag_volumes.folder(home) / made[0]["volume"]).iterdir())
    assert len(parts) == 7
    rows = [row for path in parts for row in duckdb.sql(f"select customer_id, as_of_date from '{path}'").fetchall()]
    assert rows == sorted(rows)
    assert len(rows) == len(set(rows)) == 10 * 3000 + sum(range(10))


def test_answers_come_from_the_volumes(home: Settings) -> None:
    before = _answers(home)
    volumes.bind(home)
    for day in DAYS[:-1]:
        (home.history / "tags" / str(day) / f"b{day:%Y%m%d}-01.parquet").write_bytes(b"not read")
    assert _answers(home) == before


def test_a_restated_date_answers_anew_and_as_it_was_known(home: Settings) -> None:
    volumes.bind(home)
    was = store.customer_tags(home, "c0777", DAYS[3])
    _write(home, f"restated/{IN_SERVICE}-r1/{DAYS[3]}", 3, shift=500)
    assert store.customer_tags(home, "c0777", DAYS[3])["values"]["aum_cny"] == was["values"]["aum_cny"] + 500
    history = {row["as_of_date"]: row for row in store.customer_history(home, "c0777")}
    assert history[DAYS[3]]["build_id"] == f"{IN_SERVICE}-r1"
    assert history[DAYS[3]]["values"]["aum_cny"] - history[DAYS[2]]["values"]["aum_cny"] == 501
    assert store.customer_tags(home, "c0777", DAYS[3], DAYS[-1]) == was


def test_volumes_that_newer_versions_replaced_are_collected(home: Settings) -> None:
    first = volumes.bind(home)[0]["volume"]
    for number in range(10):
        _write(home, f"restated/{IN_SERVICE}-r1/{DAYS[number]}", number, shift=500)
    again = volumes.bind(home)
    assert [row["from_date"] for row in again] == [str(DAYS[0])]
    before = _answers(home)
    assert volumes.collect(home) == [first]
    assert not (tag_volumes.folder(home) / first).exists()
    assert _answers(home) == before
    assert volumes.collect(home) == []


def test_what_a_stopped_run_left_is_not_read_and_is_collected(home: Settings) -> None:
    before = _answers(home)
    folder = tag_volumes.folder(home)
    volumes.bind(home)
    left = [folder / ".2026-03-01--2026-03-10--aa", folder / "2026-03-01--2026-03-10--aa"]
    for path in left:
        path.mkdir()
        (path / "0000.parquet").write_bytes(b"half a volume")
    assert _answers(home) == before
    assert volumes.collect(home) == []
    assert not any(path.exists() for path in left)
    assert _answers(home) == before


def test_a_stop_before_the_index_leaves_the_former_answers(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _answers(home)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tag_volumes, "write_index", stop)
        with pytest.raises(KeyboardInterrupt):
            volumes.bind(home)
    assert tag_volumes.index(home) == {}
    assert _answers(home) == before
    assert len(volumes.bind(home)) == 3, "the next run makes them again"
    assert _answers(home) == before


def test_a_backup_leaves_out_what_it_holds_already(home: Settings, tmp_path: Path) -> None:
    volumes.bind(home)
    before = _answers(home)
    backups.backup(home, tmp_path / "bank.zip")
    backups.restore(tmp_path / "bank.zip", tmp_path / "again")
    restored = kehu_settings.load(tmp_path / "again")
    assert not tag_volumes.folder(restored).exists()
    assert _answers(restored) == before
    assert len(volumes.bind(restored)) == 3
    assert _answers(restored) == before


def test_few_dates_are_not_bound(home: Settings) -> None:
    (home.published / "CURRENT").write_text(f"b{DAYS[9]:%Y%m%d}-01\n")
    assert volumes.bind(home) == []
    assert tag_history.kept_dates(home) == DAYS[:10]
    assert tag_history.dates_on_disk(home) == DAYS


def test_a_fault_is_told_and_the_night_stays_published(home: Settings) -> None:
    broken = tag_history.version(home, DAYS[3]).path
    kept, told = broken.read_bytes(), list[str]()
    broken.write_bytes(kept[: len(kept) // 2])
    volumes.bind_after_night(home, told.append)
    assert "kehu store compact" in told[-1] and tag_volumes.index(home) == {}
    broken.write_bytes(kept)
    assert len(volumes.bind(home)) == 3
