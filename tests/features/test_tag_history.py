"""A version is chosen by what was known: nights on their date, restatements from the day after the date in service."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from features import settings as kehu_settings
from features import store, tag_history, tag_reader
from features.errors import KehuError
from features.settings import Settings

DAY, NIGHT = date(2026, 3, 2), date(2026, 3, 5)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """2 March as two nights and two restatements of 5 March wrote it; the build of 5 March is in service."""
    found = kehu_settings.init(tmp_path / "home")
    for name in ("tags/2026-03-02/b20260302-01", "tags/2026-03-02/b20260305-01", "restated/b20260305-01-r1/2026-03-02",
                 "restated/b20260305-01-r2/2026-03-02", "tags/2026-03-02/b20260306-01"):
        path = found.history / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    _serve(found, "b20260305-01")
    return found


def _serve(home: Settings, build_id: str) -> None:
    (home.published / "CURRENT").write_text(build_id + "\n")


def _version(home: Settings, known_at: date | None = None, build_id: str | None = None) -> str:
    return tag_history.version(home, DAY, known_at, build_id).version_id


def test_today_sees_the_newest_restatement_and_no_unpublished_night(home: Settings) -> None:
    assert _version(home) == "b20260305-01-r2"


def test_what_was_known_on_a_date_is_what_its_nights_wrote(home: Settings) -> None:
    assert _version(home, known_at=date(2026, 3, 4)) == "b20260302-01"
    assert _version(home, known_at=NIGHT) == "b20260305-01", "an export of before the restatement must come back"
    assert _version(home, known_at=date(2026, 3, 6)) == "b20260305-01-r2"


def test_a_build_knows_nothing_that_came_after_it(home: Settings) -> None:
    _serve(home, "b20260306-01")
    assert _version(home, build_id="b20260305-01") == "b20260305-01"
    assert _version(home, build_id="b20260304-01") == "b20260302-01"
    assert _version(home) == "b20260306-01", "a later night's own word is newer"


def test_a_rollback_hides_what_was_restated_upon_the_later_build(home: Settings) -> None:
    _serve(home, "b20260302-01")
    assert _version(home) == "b20260302-01"


def test_a_date_that_is_not_kept_names_those_that_are(home: Settings) -> None:
    with pytest.raises(KehuError, match="no tag snapshot of 2026-03-03") as refused:
        store.customer_tags(home, "c1", date(2026, 3, 3))
    assert refused.value.fix == "the nearest kept date is 2026-03-02; kept dates run from 2026-03-02 to 2026-03-02"


def test_a_date_asked_for_before_it_was_known_says_since_when_it_is(home: Settings) -> None:
    with pytest.raises(KehuError, match="no tag snapshot of 2026-03-02 was known on 2026-03-01") as refused:
        store.customer_tags(home, "c1", DAY, date(2026, 3, 1))
    assert refused.value.fix == "what is kept of it was first known on 2026-03-02"


def test_a_rollback_leaves_a_customers_history_up_to_the_former_build(home: Settings) -> None:
    with duckdb.connect() as connection:
        for name, day in (("tags/2026-03-02/b20260302-01", DAY), ("tags/2026-03-05/b20260305-01", NIGHT)):
            path = home.history / f"{name}.parquet"
            path.parent.mkdir(exist_ok=True)
            connection.execute(f"copy (select 'c1' as customer_id, 1 as age, date '{day}' as as_of_date) to '{path}' (format parquet)")
    _serve(home, "b20260302-01")
    assert [row["as_of_date"] for row in store.customer_history(home, "c1")] == [DAY]
    assert tag_history.dates_on_disk(home) == [DAY, NIGHT]


def test_a_customers_history_is_one_row_per_kept_date_as_known_now(home: Settings) -> None:
    with duckdb.connect() as connection:
        for folder, day, columns in (("tags/2026-03-02/b20260302-01", DAY, "1 as age"), ("tags/2026-03-02/b20260305-01", DAY, "2 as age"),
                                     ("restated/b20260305-01-r1/2026-03-02", DAY, "3 as age"), ("restated/b20260305-01-r2/2026-03-02", DAY, "4 as age"),
                                     ("tags/2026-03-05/b20260305-01", NIGHT, "5 as age, 'new' as tier")):
            path = home.history / f"{folder}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(f"copy (select 'c1' as customer_id, {columns}, date '{day}' as as_of_date) to '{path}' (format parquet)")
    assert store.customer_history(home, "c1", ["age", "tier"]) == [
        {"as_of_date": DAY, "build_id": "b20260305-01-r2", "values": {"age": 4, "tier": None}},
        {"as_of_date": NIGHT, "build_id": "b20260305-01", "values": {"age": 5, "tier": "new"}}]
    assert [row["as_of_date"] for row in store.customer_history(home, "c1", first=NIGHT)] == [NIGHT]
    with pytest.raises(KehuError, match="no kept date has the tag 'wealth'"):
        store.customer_history(home, "c1", ["wealth"])
    with pytest.raises(KehuError, match="no customer 'c2'"):
        store.customer_history(home, "c2")


def test_a_tag_shows_no_count_by_which_a_customer_could_be_known() -> None:
    counts = {"a": 80, "b": 10, "c": 9, "d": 0}
    shown = tag_reader.disclosed({"id": "tier", "distribution": [{"value": value, "count": count} for value, count in counts.items()], "trend": []})
    assert shown["distribution"] == [
        {"value": "a", "count": 80, "is_hidden": False}, {"value": "b", "count": None, "is_hidden": True},
        {"value": "c", "count": None, "is_hidden": True}, {"value": "d", "count": 0, "is_hidden": False}], "b is what gives c away"


def test_the_trend_of_a_yes_or_no_tells_of_no_small_group() -> None:
    dates = [{"as_of_date": DAY, "filled_count": 100, "coverage_rate": 1.0, "mean_value": share} for share in (0.5, 0.09, 0.95, 0.0, None)]
    tag = {"id": "is_parent", "value_type": "boolean", "distribution": [], "trend": dates}
    assert [entry["mean_value"] for entry in tag_reader.disclosed(tag)["trend"]] == [0.5, None, None, 0.0, None]
    assert tag_reader.disclosed({**tag, "value_type": "number"})["trend"] == dates
