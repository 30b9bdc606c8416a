"""The segments of a night: rules, models' labels and curated lists become memberships and the tag columns of sets."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from features import scores
from features.audience import catalogue_of
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.segments import curated, definitions, intervals, matching, rule_files, versions
from orchestration.segments.contract import OTHER, RuleSet

TAGS = "tags.customer_tags_all"
Note = dict[str, str]


def build(settings: Settings, connection: Connection, state: State, from_date: date) -> list[Note]:
    """Tells the memberships of the run's snapshot dates; `{check, status, detail}` of what was looked at.

    A faulty rule file is a failed check and leaves memberships as they were. All or nothing is written.
    """
    dates = _snapshot_dates(connection)
    sets, notes = _kept_sets(settings, connection, state, from_date)
    if any(note["status"] == "failed" for note in notes):
        return notes
    connection.execute("begin")
    try:
        _tell(settings, connection, state, sets, dates, min([from_date, *dates]))
        definitions.write(settings, connection, state, sets, max(dates))
        notes += [_unmatched(connection, found) for found in sets if found.is_exclusive]
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return notes


def _snapshot_dates(connection: Connection) -> dict[date, bool]:
    """{date: is it a decision date} of the run, in order."""
    rows = connection.execute(
        "select as_of_date, bool_or(kind = 'decision') from control.snapshot_date group by 1 order by 1").fetchall()
    return dict(rows)


def catalogue(connection: Connection) -> dict[str, str]:
    """The tags that a rule may name, with their types."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'tags' and table_name = 'customer_tags_all'"
        " and column_name not in ('customer_id', 'as_of_date')").fetchall()
    return catalogue_of(rows)


def rule_sets(settings: Settings, tags: Mapping[str, str]) -> tuple[list[RuleSet], list[str]]:
    """The sets of a home's rule files, and why they cannot be told on these tags."""
    sets, failures = rule_files.read_all(rule_files.paths(settings), tags)
    reasons = ["{file}, line {line}: {reason}".format(**failure) for failure in failures]
    reasons += [f"{found.id}: the tags have no column {found.output_tag.id}" for found in sets
                if found.output_tag and found.output_tag.id not in tags]
    return sets, reasons


def _kept_sets(settings: Settings, connection: Connection, state: State, first: date) -> tuple[list[RuleSet], list[Note]]:
    sets, reasons = rule_sets(settings, catalogue(connection))
    reasons = reasons or versions.keep(state, sets, first)
    return sets, [_note("segment files", "failed", reason) for reason in reasons]


def _note(check: str, status: str, detail: str) -> Note:
    return {"check": check, "status": status, "detail": detail}


def _tell(settings: Settings, connection: Connection, state: State, sets: Sequence[RuleSet], dates: dict[date, bool],
          first: date) -> None:
    """One date after the other: a range is its nights."""
    intervals.create(connection)
    intervals.create_members(connection)
    intervals.forget(connection, first)
    tags = catalogue(connection)
    labels = [champion for champion in scores.champions(settings, state) if champion["value_type"] == "text"]
    for day, is_decision in dates.items():
        connection.execute("delete from member_now")
        tell_rules(connection, sets, tags, day)
        for champion in labels if is_decision else []:
            _insert_labels(connection, champion, day)
        curated.insert_members(settings, connection, state, day)
        intervals.fold(connection, day, ["rule", "curated", "cluster"] if is_decision else ["rule", "curated"])


def tell_rules(connection: Connection, sets: Sequence[RuleSet], tags: Mapping[str, str], day: date) -> None:
    """Adds a date's members of rule sets to `member_now`, and fills the tag columns that sets own."""
    for found in sorted(sets, key=lambda found: found.output_tag is None):  # so that other sets may name the column
        _insert_rules(connection, found, tags, day)
        if found.output_tag:
            _fill_tag(connection, found.id, found.output_tag.id, day)


def _insert_rules(connection: Connection, found: RuleSet, tags: Mapping[str, str], day: date) -> None:
    select = matching.matches(found, tags, TAGS, [day])
    connection.execute(
        f"insert into member_now select as_of_date, '{found.id}', segment_id, '{found.version}', 'rule', customer_id,"
        f" is_primary, 'rule:{found.definition_hash[:12]}' from ({select.sql})", select.parameters)


def _fill_tag(connection: Connection, segment_set: str, column: str, day: date) -> None:
    """Writes the primary segments into the column that dbt left empty."""
    connection.execute(
        f"update {TAGS} as t set {column} = n.segment_id from member_now as n where n.segment_set = ? and n.is_primary"
        f" and n.customer_id = t.customer_id and t.as_of_date = ?", [segment_set, day])


def _insert_labels(connection: Connection, champion: dict[str, Any], day: date) -> None:
    """The labels that a segmentation model gave that day; children are in no segment."""
    connection.execute(
        f"insert into member_now select s.as_of_date, ?, s.label, s.version, 'cluster', s.customer_id, true, ?"
        f" from state.model_score as s inner join {TAGS} as t on t.customer_id = s.customer_id and t.as_of_date = s.as_of_date"
        f" where s.model_id = ? and s.label is not null and s.as_of_date = ? and coalesce(t.age >= {matching.CHILD_AGE}, true)",
        [champion["tag_id"], f"model:{champion['model_id']}", champion["model_id"], day])


def _unmatched(connection: Connection, found: RuleSet) -> Note:
    """Warns where, on the newest date, more of the base population than the set allows is in no segment."""
    base, other = connection.execute(
        f"select count(*), count(*) filter (where segment_id = '{OTHER}') from member_now"
        " where segment_set = ? and is_primary", [found.id]).fetchall()[0]
    is_fine = other <= base * found.unmatched_limit_rate
    detail = f"{other} of {base} customers match no rule, the limit is {found.unmatched_limit_rate:.0%}"
    return _note(f"unmatched share of {found.id}", "passed" if is_fine else "warned", detail)
