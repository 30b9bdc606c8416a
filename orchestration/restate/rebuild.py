"""Builds the tags of past dates once more, in a database of its own, from today's knowledge and definitions."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from features import scores, tag_history, warehouse
from features.errors import CheckFailed
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration import control, ingest
from orchestration.control import BuildRange
from orchestration.dbt_build import Dbt
from orchestration.restate import knowledge
from orchestration.segments import intervals, nightly

TAGS = nightly.TAGS
DATED, VIEWS = "source:control.snapshot_date+", "config.materialized:view"


def scratch(settings: Settings) -> Settings:
    """An empty place beside the build database that a restatement may fill and throw away."""
    place = Settings(settings.tmp / "restate", settings.overrides)
    shutil.rmtree(place.home, ignore_errors=True)
    for folder in (place.tmp, place.logs):
        folder.mkdir(parents=True)
    for manifest in settings.tmp.glob("manifest-*.msgpack"):
        shutil.copy(manifest, place.tmp)
    return place


def dates_needed(settings: Settings, state: State, last: date) -> list[date]:
    """Every date up to `last` whose tags nights have built, also those that history let go: the length of a stage rests on them."""
    nights = state.rows("select load_from_date, from_date, to_date, decision_dates from night where status = 'published'")
    built = {day for night in nights for day in control.of_night(night).snapshot_dates()}
    return sorted(day for day in {*built, *tag_history.kept_dates(settings)} if day <= last)


def tags(settings: Settings, place: Settings, dates: Sequence[date], known_to: date) -> None:
    """Fills the scratch database with the tags of `dates`."""
    kinds = {day: "month_end" if day in control.month_ends(day, day) else "decision" for day in dates}
    with warehouse.build(place) as connection:
        first = knowledge.make_views(settings, connection, known_to, dates[-1])
        control.write(connection, BuildRange(first, dates[0], dates[-1], tuple(dates)), "restate", settings.source)
        ingest.ledger_table(settings, connection)
        parts = control.snapshot_parts(kinds, _customers(connection), settings.customer_dates)
    dbt = Dbt(place)
    _dbt(dbt, "tag:seed", "seed")
    for number, part in enumerate(parts):
        with warehouse.build(place) as connection:
            control.write_snapshot_dates(connection, part)
        _dbt(dbt, f"+{TAGS.split('.')[1]}" if number == 0 else f"+{TAGS.split('.')[1]},{DATED}", "run", VIEWS if number else "")


def _customers(connection: Connection) -> int:
    counted = [int(connection.execute(f"select count(distinct {key}) from learnt.{name}").fetchall()[0][0])
               for name, key in (("core_customer", "customer_id"), ("berka_client", "client_id"))]
    return max(counted)


def _dbt(dbt: Dbt, select: str, command: str, exclude: str = "") -> None:
    result = dbt.build(select, command, exclude)
    if result.failed:
        raise CheckFailed(f"restate: dbt could not build {result.failed[0]['check']}: {result.failed[0]['detail']}",
                          "mend it; the next night would stop there as well")


def write(settings: Settings, place: Settings, state: State, day: date, target: Path, champions: Sequence[Mapping[str, str]]) -> None:
    """One date as a Parquet file in the form of a night's snapshot; models' outputs are those that were given then."""
    with warehouse.build(place) as connection:
        scores.score_table(connection, settings, state)
        _segment_tags(settings, connection, day)
        connection.execute(
            f"copy ({scores.tags_sql(champions)} where t.as_of_date = date '{day}' order by t.customer_id)"
            f" to '{target}' ({tag_history.SNAPSHOT_FORM})")


def _segment_tags(settings: Settings, connection: Connection, day: date) -> None:
    """The columns that rule files fill: today's rules on the restated tags. Memberships stay as the nights found them."""
    catalogue = nightly.catalogue(connection)
    sets, faults = nightly.rule_sets(settings, catalogue)
    if faults:
        raise CheckFailed(f"restate: {faults[0]}", "kehu segments check")
    intervals.create_members(connection)
    nightly.tell_rules(connection, [found for found in sets if found.output_tag], catalogue, day)

