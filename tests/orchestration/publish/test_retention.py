"""A date is kept whole or goes whole: what is kept answers as before, what a list rests on is made again byte for byte."""

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as example_settings

from features import files, store, tag_history, tag_volumes, warehouse
from features import settings as kehu_settings
from features.errors import KehuError, WriterBusy
from features.settings import Settings
from features.state import State, opened
from orchestration import diagnosis, restate
from orchestration.publish import collection, pointer, retention, volumes
from orchestration.restate import rebuild
from orchestration.strategy import replay

IN_SERVICE = date(2026, 3, 20)
MONTH_ENDS = [date(2025, 9, 30), date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31)]
DAYS = [date(2026, 1, 20) + timedelta(days=n) for n in range(60)]
LISTED, ASSIGNED, TRAINED = date(2026, 2, 3), date(2026, 2, 10), date(2026, 2, 17)
TOLD_ANEW = date(2026, 2, 4)
RECENT = [day for day in DAYS if (IN_SERVICE - day).days <= 10]
STAYS = sorted({*MONTH_ENDS[2:], date(2026, 1, 31), date(2026, 2, 28), *RECENT, LISTED, ASSIGNED, TRAINED})
RULE = {"history_days": 10, "history_month_ends": 4}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Sixty nights after four month-ends; a list, an experiment and a model rest on a date each, the list's was told anew twice."""
    found = kehu_settings.init(tmp_path_factory.mktemp("nights") / "home", **RULE)
    for day in (*MONTH_ENDS, *DAYS):
        _write(found, f"tags/{day}/b{max(day, DAYS[0]):%Y%m%d}-01", day)
    _write(found, f"tags/{LISTED}/b20260208-01", LISTED, 100)
    for day in (LISTED, TOLD_ANEW):
        _write(found, f"restated/b20260210-01-r1/{day}", day, 200)
    with opened(found) as state:
        _made(state)
        _publish(found, state, IN_SERVICE)
    return found


@pytest.fixture
def home(nights: Settings, tmp_path: Path) -> Settings:
    """A home of one's own that stands after these nights."""
    return kehu_settings.load(shutil.copytree(nights.home, tmp_path / "home"))


def _write(home: Settings, name: str, day: date, shift: int = 0) -> None:
    path = home.history / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    age = [number + shift + day.toordinal() for number in range(3)]
    pq.write_table(pa.table({"customer_id": ["c0", "c1", "c2"], "age": age, "as_of_date": [day] * 3}), path)


def _made(state: State) -> None:
    state.insert("list_version", {
        "list_id": "first", "strategy_id": "s", "strategy_version": 1, "as_of_date": LISTED, "row_count": 1, "contact_count": 1,
        "hold_count": 0, "content_hash": "c", "rule_hash": "r", "status": "frozen", "expires_date": LISTED, "path": "p",
        "tag_build_id": "r20260203", "recorded_at": "now"})
    state.insert("assignment_file", {"path": "a", "experiment_id": "e1", "as_of_date": ASSIGNED, "row_count": 1, "sha256": "s",
                                     "recorded_at": "now"})
    state.insert("model_version", {
        "model_id": "m", "version": "1", "kind": "propensity", "trained_on": date(2026, 3, 1), "code_hash": "c", "artefact_hash": "a",
        "metrics": {"train_dates": [date(2026, 1, 31), TRAINED]}, "recorded_at": "now"})


def _publish(home: Settings, state: State, day: date, names: list[date] | None = None) -> str:
    """A build in service that names what the publish stage would name of all dates up to its own, or `names`."""
    build_id = f"b{day:%Y%m%d}-01"
    snapshots = {str(of): f"tags/{of}/x" for of in names or tag_history.dates_on_disk(home) if of <= day}
    folder = home.published / build_id
    folder.mkdir()
    (folder / "store.duckdb").touch()
    named = snapshots if names else retention.still_named(home, state, snapshots, day)
    (folder / "build.json").write_text(json.dumps({"as_of_date": str(day), "history": named}))
    (home.published / "CURRENT").write_text(build_id + "\n")
    state.insert("build", {"build_id": build_id, "as_of_date": day, "sequence": 1, "published_at": "now", "checksum": "c"})
    return build_id


def _answers(home: Settings, days: list[date] | None = None) -> dict[tuple[date, date | None], Any]:
    """What each date says of a customer, as known now and at every moment at which something new of it was known."""
    found: dict[tuple[date, date | None], Any] = {}
    for day in days or [*MONTH_ENDS, *DAYS]:
        for known_at in (None, day, *(known for known in map(date.fromisoformat, ("2026-02-08", "2026-02-11")) if known > day)):
            try:
                found[day, known_at] = store.customer_tags(home, "c1", day, known_at)
            except KehuError as refused:
                found[day, known_at] = refused.message
    return found


def _tree(home: Settings) -> list[str]:
    """Every file of history and of the published builds."""
    return sorted(str(path.relative_to(home.home)) for top in (home.history, home.published) for path in top.rglob("*") if path.is_file())


def test_what_is_kept_answers_as_before_and_what_goes_names_the_nearest_kept_date(home: Settings) -> None:
    before = _answers(home)
    found = collection.collect(home, 5, is_history=True)
    assert tag_history.dates_on_disk(home) == STAYS
    assert found["deleted_dates"] == [day for day in (*MONTH_ENDS, *DAYS) if day not in STAYS]
    after = _answers(home)
    assert {key: value for key, value in after.items() if key[0] in STAYS} == {k: v for k, v in before.items() if k[0] in STAYS}
    assert all(isinstance(value, str) and value.startswith("no tag snapshot of") for key, value in after.items() if key[0] not in STAYS)
    with pytest.raises(KehuError) as refused:
        store.customer_tags(home, "c1", date(2026, 2, 5))
    assert refused.value.fix.startswith("the nearest kept date is 2026-02-03;")
    assert [row["as_of_date"] for row in store.customer_history(home, "c1")] == STAYS
    assert not any((home.history / "tags" / str(day)).exists() for day in found["deleted_dates"])


def test_all_versions_of_a_pinned_date_stay(home: Settings) -> None:
    versions = [found.version_id for found in tag_history.versions(home, LISTED)]
    collection.collect(home, 5, is_history=True)
    assert versions == [found.version_id for found in tag_history.versions(home, LISTED)] == [
        "b20260203-01", "b20260208-01", "b20260210-01-r1"]


def test_a_dry_run_says_what_a_run_does_and_does_nothing(home: Settings) -> None:
    before = _tree(home)
    with warehouse.writer_lock(home):  # it waits for nobody
        said = collection.collect(home, 5, is_history=True, is_dry_run=True)
    assert _tree(home) == before
    assert {row["reason"]: (row["is_kept"], row["date_count"]) for row in said["reasons"]} == {
        "past_history_days": (False, 44), "past_history_month_ends": (False, 2), "recent": (True, 11), "month_end": (True, 4), "pinned": (True, 3)}
    assert [(row["as_of_date"], row["used_by"]) for row in said["pinned"]] == [
        (LISTED, ["list first"]), (ASSIGNED, ["experiment e1"]), (TRAINED, ["model m 1"])]
    sizes = {path: (home.home / path).stat().st_size for path in before}
    done = collection.collect(home, 5, is_history=True)
    assert done == {**said, "is_dry_run": False}
    assert said["deleted_bytes"] == sum(sizes[path] for path in set(before) - set(_tree(home)))
    assert collection.collect(home, 5, is_history=True)["deleted_dates"] == []


def test_without_history_no_date_goes(home: Settings) -> None:
    before = _tree(home)
    assert collection.collect(home, 5) == {"is_dry_run": False, "deleted": [], "count": 0, "deleted_volumes": []}
    assert _tree(home) == before


def test_what_a_build_on_disk_names_stays_until_the_build_goes(home: Settings) -> None:
    with opened(home) as state:
        old = _publish(home, state, IN_SERVICE + timedelta(days=1), names=[date(2026, 2, 5), date(2026, 2, 6)])
        new = _publish(home, state, IN_SERVICE + timedelta(days=2))
    found = collection.collect(home, 3, is_history=True)
    assert [row for row in found["reasons"] if row["reason"] == "named_by_build"][0]["date_count"] >= 2
    assert {date(2026, 2, 5), date(2026, 2, 6)} <= set(tag_history.dates_on_disk(home))
    assert collection.collect(home, 1, is_history=True)["deleted"] == [f"b{IN_SERVICE:%Y%m%d}-01", old]
    left = tag_history.dates_on_disk(home)
    assert not {date(2026, 2, 5), date(2026, 2, 6)} & set(left)
    assert {str(day) for day in left} == set(pointer.build_record(home, new)["history"]), "a build finds what it names"


def test_after_a_rollback_the_rule_counts_from_the_former_date(home: Settings) -> None:
    collection.collect(home, 5, is_history=True)
    with opened(home) as state:
        _write(home, f"tags/{date(2026, 3, 29)}/b20260329-01", date(2026, 3, 29))
        _publish(home, state, date(2026, 3, 29))
    pointer.rollback(home, f"b{IN_SERVICE:%Y%m%d}-01")
    assert collection.collect(home, 5, is_history=True)["deleted_dates"] == []


@pytest.mark.parametrize("stop", [0, 1, 15, 30, 46], ids=["first", "second", "between two versions", "later", "last"])
def test_a_run_that_stops_leaves_no_wrong_answer_and_the_next_one_ends_it(home: Settings, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    before = _answers(home, [*STAYS, TOLD_ANEW, date(2026, 2, 5)])
    left = iter(range(stop))

    def sync(_: Path) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync", sync)
        with pytest.raises(KeyboardInterrupt):
            collection.collect(home, 5, is_history=True)
    after = _answers(home, [*STAYS, TOLD_ANEW, date(2026, 2, 5)])
    assert all(value == before[key] or str(value).startswith("no tag snapshot of") for key, value in after.items())
    assert {key: value for key, value in after.items() if key[0] in STAYS} == {k: v for k, v in before.items() if k[0] in STAYS}
    collection.collect(home, 5, is_history=True)
    assert tag_history.dates_on_disk(home) == STAYS


def test_volumes_that_mostly_repeat_what_is_gone_go_and_the_rest_is_bound_anew(home: Settings) -> None:
    made = [row["volume"] for row in volumes.bind(home)]
    assert len(made) == 6
    history = store.customer_history(home, "c1")
    said = collection.collect(home, 5, is_history=True, is_dry_run=True)
    found = collection.collect(home, 5, is_history=True)
    assert found["deleted_volumes"] == said["deleted_volumes"] == sorted(made[:5])
    assert sorted(path.name for path in tag_volumes.folder(home).iterdir() if path.is_dir()) == [made[5]]
    kept = [row for row in history if row["as_of_date"] in STAYS]
    assert store.customer_history(home, "c1") == kept
    volumes.bind(home)
    assert collection.collect(home, 5, is_history=True)["deleted_volumes"] == []
    assert store.customer_history(home, "c1") == kept


def test_nobody_writes_or_restates_meanwhile(home: Settings) -> None:
    before = _tree(home)
    for lock in (warehouse.writer_lock(home), restate.lock(home)):
        with lock, pytest.raises(WriterBusy):
            collection.collect(home, 1, is_history=True)
    assert _tree(home) == before


def test_nights_delete_nothing_unless_the_home_asks_for_it(home: Settings) -> None:
    before, told = _tree(home), list[str]()
    collection.after_night(home, told.append)
    assert set(before) <= set(_tree(home))
    asked = Settings(home.home, {**RULE, "history_gc_at_night": True})
    with restate.lock(home):
        collection.after_night(asked, told.append)
    assert "a restatement of this home is at work" in told[-1] and "kehu store gc --history" in told[-1]
    assert set(before) <= set(_tree(home))
    collection.after_night(asked, told.append)
    assert tag_history.dates_on_disk(home) == STAYS
    assert any(line.startswith("46 dates were past retention") for line in told)


def test_the_doctor_says_how_much_is_past_retention(home: Settings) -> None:
    [row] = [row for row in diagnosis.run(home.home) if row["check"] == "history"]
    assert row["ok"] and row["detail"].startswith("64 dates, 0.00 GB; past retention 46 dates") and "kehu store gc --history" in row["detail"]
    collection.collect(home, 5, is_history=True)
    with opened(home) as state:
        _write(home, "tags/2026-03-29/b20260329-01", date(2026, 3, 29))
        _publish(home, state, date(2026, 3, 29))
    [row] = [row for row in diagnosis.run(home.home) if row["check"] == "history"]
    assert row["detail"] == "19 dates, 0.00 GB; 9 dates, 0.00 GB more once no build on disk names them"


def test_a_restatement_builds_the_dates_that_were_let_go_too(home: Settings) -> None:
    with opened(home) as state:
        for number, day in enumerate([date(2025, 12, 31), *DAYS]):
            first = date(2025, 9, 1) if number == 0 else day
            state.insert("night", {"to_date": day, "from_date": first, "load_from_date": first, "decision_dates": [day],
                                   "status": "published", "updated_at": "now"})
        before = rebuild.dates_needed(home, state, date(2026, 3, 1))
        collection.collect(home, 5, is_history=True)
        assert rebuild.dates_needed(home, state, date(2026, 3, 1)) == before == [*MONTH_ENDS, *(day for day in DAYS if day <= date(2026, 3, 1))]


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[State]:
    home = kehu_settings.init(tmp_path / "home")
    with opened(home) as state:
        _made(state)
        yield state


@example_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dates=strategies.sets(strategies.dates(date(2020, 1, 1), IN_SERVICE), max_size=60), days=strategies.integers(1, 400),
       months=strategies.integers(0, 60))
def test_the_rule(ruled: State, dates: set[date], days: int, months: int) -> None:
    home = Settings(ruled.settings.home, {"history_days": days, "history_month_ends": months})
    dates |= {LISTED, ASSIGNED}
    kept = {date.fromisoformat(day) for day in retention.still_named(home, ruled, {str(day): "" for day in dates}, IN_SERVICE)}
    last = {max(day for day in dates if (day.year, day.month) == month) for month in {(day.year, day.month) for day in dates}}
    first_month = 12 * IN_SERVICE.year + IN_SERVICE.month - months
    for day in dates:
        is_month_end = day in last and 12 * day.year + day.month >= first_month
        is_pinned = day in (LISTED, ASSIGNED, TRAINED, date(2026, 1, 31))
        assert (day in kept) == (day >= IN_SERVICE - timedelta(days=days) or is_month_end or is_pinned)
    again = retention.still_named(home, ruled, {str(day): "" for day in kept}, IN_SERVICE)
    assert set(again) == {str(day) for day in kept}, "what is kept once stays"


def test_a_pinned_list_is_made_again_byte_for_byte(bank: Any, crowd: Any, day: Any) -> None:
    people = crowd(200)
    for night in (day(0), day(3), day(60)):
        bank.customers(people, night)
    bank.run_strategy(wave_interval_days=60)
    bank.decide(day(0), day(3), day(60))
    bank.publish(day(3))
    bank.publish(day(60))
    home = Settings(bank.settings.home, {**bank.settings.overrides, "history_days": 5, "history_month_ends": 0})
    found = collection.collect(home, 1, is_history=True)
    assert found["deleted_dates"] == [], "the build in service still names it"
    named = json.loads((home.published / bank_build(home) / "build.json").read_text())
    named["history"] = retention.still_named(home, bank.state, named["history"], day(60))
    (home.published / bank_build(home) / "build.json").write_text(json.dumps(named))
    assert collection.collect(home, 1, is_history=True)["deleted_dates"] == [day(3)]
    for listed in bank.state.rows("select list_id from list_version"):
        answer = replay(home, bank.state, str(listed["list_id"]))
        assert answer["is_identical"] and answer["is_same_bytes"]


def bank_build(home: Settings) -> str:
    return str(warehouse.current_build(home))
