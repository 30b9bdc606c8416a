"""Reads segments in the published store: what there is, who is in it, how two sets overlap, what a changed file would move."""

from pathlib import Path
from typing import Any

from features import selection, warehouse
from features.audience import catalogue_of
from features.disclosure import hidden, hidden_cells, is_small, without
from features.errors import KehuError
from features.settings import Settings
from features.warehouse import Connection, records
from orchestration.segments import intervals, matching, rule_files
from orchestration.segments.contract import OTHER, RuleSet

SAMPLE = 5
NOBODY = "none"
"""Where a customer is who is outside a set."""


def catalogue(connection: Connection) -> dict[str, str]:
    """The tags of the store that a rule may name: models' columns come after the rules of a night."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'tags' and table_name = 'customer_tags'"
        " and column_name not in ('customer_id', 'as_of_date')"
        " and column_name not in (select id from tags.catalogue where kind = 'model')").fetchall()
    return catalogue_of(rows)


def check(settings: Settings, file: Path | None = None) -> dict[str, Any]:
    """Faults of one file or of all; tags are checked as soon as a store is there."""
    tags = None
    if warehouse.current_build(settings) is not None:
        with selection.snapshot(settings) as found:
            tags = catalogue(found.connection)
    return rule_files.check([file] if file else rule_files.paths(settings), tags)


def sets(settings: Settings) -> dict[str, Any]:
    """One row per set: kind, version, how many segments and members it has."""
    with selection.snapshot(settings) as found:
        rows = records(found.connection.execute(f"""
            select d.segment_set, any_value(d.pack) as pack, any_value(d.kind) as kind, max(d.version) as version,
                any_value(d.set_name_zh) as name_zh, any_value(d.set_name_en) as name_en, count(*) as segment_count,
                any_value(m.member_count) as member_count, any_value(c.unmatched_rate) as unmatched_rate,
                any_value(c.status) as status
            from segments.definition as d
            left join (select segment_set, count(distinct customer_id) as member_count from segments.membership
                where {intervals.members_on("$day")} group by 1) as m on m.segment_set = d.segment_set
            left join segments.coverage as c on c.segment_set = d.segment_set and c.as_of_date = $day
            group by 1 order by 1""", {"day": found.as_of_date}))
        return _answer(found, [hidden(row, "member_count") for row in rows])


def show(settings: Settings, segment_set: str) -> dict[str, Any]:
    """The segments of a set in order: words, rule, members (primary and all matches)."""
    with selection.snapshot(settings) as found:
        _require_set(found.connection, segment_set)
        rows = records(found.connection.execute(f"""
            select d.priority, d.segment_id, d.name_zh, d.name_en, d.rule, d.proposition_zh, d.proposition_en, d.is_enabled,
                d.is_exclusive, d.version, d.owner, d.expires_date, coalesce(m.primary_count, 0) as primary_count,
                coalesce(m.match_count, 0) as match_count
            from segments.definition as d
            left join (select segment_id, count(*) filter (where is_primary) as primary_count, count(*) as match_count
                from segments.membership where segment_set = $segment_set and {intervals.members_on("$day")} group by 1) as m
                on m.segment_id = d.segment_id
            where d.segment_set = $segment_set order by d.priority, d.segment_id""",
            {"segment_set": segment_set, "day": found.as_of_date}))
        return _answer(found, _members_shown(rows))


def overlap(settings: Settings, a: str, b: str) -> dict[str, Any]:
    """Members of both, for every pair of segments of two sets; small cells are hidden."""
    with selection.snapshot(settings) as found:
        for name in (a, b):
            _require_set(found.connection, name)
        member = f"""select m.segment_id, m.customer_id from segments.membership as m
            inner join (select segment_set, bool_and(is_exclusive) as is_exclusive from segments.definition group by 1) as s
                on s.segment_set = m.segment_set
            where m.segment_set = %s and {intervals.members_on("$day")} and (m.is_primary or not s.is_exclusive)"""
        rows = records(found.connection.execute(f"""
            with a as ({member % "$a"}), b as ({member % "$b"}),
            sizes as (select 'a' as side, segment_id, count(*) as n from a group by all
                union all select 'b' as side, segment_id, count(*) as n from b group by all)
            select a.segment_id as segment_a, b.segment_id as segment_b, count(*) as customer_count,
                count(*) / any_value(x.n) as a_rate, count(*) / any_value(y.n) as b_rate,
                count(*) / (any_value(x.n) + any_value(y.n) - count(*)) as jaccard_rate
            from a inner join b on a.customer_id = b.customer_id
            inner join sizes as x on x.side = 'a' and x.segment_id = a.segment_id
            inner join sizes as y on y.side = 'b' and y.segment_id = b.segment_id
            group by 1, 2 order by 1, 2""", {"a": a, "b": b, "day": found.as_of_date}))
        unseen = _unseen(rows, "segment_a", "segment_b")
        return _answer(found, [without(row, ("customer_count", "a_rate", "b_rate", "jaccard_rate") if place in unseen else ())
                               for place, row in enumerate(rows)])


def preview(settings: Settings, file: Path) -> dict[str, Any]:
    """Who would move if a changed file held for the build in service: the matrix from the set as it is to the file's."""
    with selection.snapshot(settings) as found:
        changed = rule_files.read(file, catalogue(found.connection))
        make_moves(found.connection, changed, "tags.customer_tags", found.as_of_date)
        rows = records(found.connection.execute(
            "select from_segment_id, to_segment_id, count(*) as customer_count, from_segment_id <> to_segment_id as is_changed,"
            f" list(customer_id order by customer_id)[:{SAMPLE}] as sample_ids from moved group by all order by 1, 2"))
        total, unmatched = found.connection.execute(
            f"select count(*), count(*) filter (where to_segment_id = '{OTHER}') from moved where to_segment_id <> '{NOBODY}'"
        ).fetchall()[0]
        moves = sum(row["customer_count"] for row in rows if row["is_changed"])
        unseen = _unseen(rows, "from_segment_id", "to_segment_id")
        shown = [without(row, ("customer_count", "sample_ids") if place in unseen else ()) for place, row in enumerate(rows)]
        return {**_answer(found, shown), "segment_set": changed.id, "version": changed.version, "moved_count": moves,
                "base_count": total, "unmatched_rate": unmatched / total if total else 0.0}


def make_moves(connection: Connection, changed: RuleSet, relation: str, day: Any) -> None:
    """Temp table `moved` (customer_id, from_segment_id, to_segment_id): primaries as stored and by the changed set."""
    tags = catalogue_of(connection.execute(f"select column_name, column_type from (describe select * from {relation})").fetchall())
    select = matching.matches(changed, tags, relation, [day])
    connection.execute(f"create or replace temp table changed_now as {select.sql}", select.parameters)
    connection.execute(
        f"create or replace temp table moved as select coalesce(o.customer_id, n.customer_id) as customer_id,"
        f" coalesce(o.segment_id, '{NOBODY}') as from_segment_id, coalesce(n.segment_id, '{NOBODY}') as to_segment_id"
        f" from (select * from segments.membership where segment_set = ? and is_primary and {intervals.members_on('?::date')}) as o"
        f" full join (select * from changed_now where is_primary) as n on n.customer_id = o.customer_id",
        [changed.id, day, day])


def _members_shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Segments of a set with their counts; the primary ones of an exclusive set add up to its members, so that one tells of all."""
    counts = {place: row["primary_count"] for place, row in enumerate(rows)}
    unseen = hidden_cells(counts, [counts] if any(row["is_exclusive"] for row in rows) else [])
    return [without({name: value for name, value in row.items() if name != "is_exclusive"},
                    [*(["primary_count"] if place in unseen else []), *(["match_count"] if is_small(row["match_count"]) else [])])
            for place, row in enumerate(rows)]


def _unseen(rows: list[dict[str, Any]], *sides: str) -> set[int]:
    """Places of the cells of a table that may not be shown; every line and every column has a known total."""
    lines = [[place for place, row in enumerate(rows) if row[side] == name] for side in sides for name in {row[side] for row in rows}]
    return hidden_cells({place: row["customer_count"] for place, row in enumerate(rows)}, lines)


def _require_set(connection: Connection, segment_set: str) -> None:
    known = [row[0] for row in connection.execute("select distinct segment_set from segments.definition order by 1").fetchall()]
    if segment_set not in known:
        raise KehuError(f"no segment set '{segment_set}'", f"one of {', '.join(known)}")


def _answer(found: selection.Snapshot, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"items": rows, "count": len(rows), "as_of_date": found.as_of_date, "build_id": found.build_id}
