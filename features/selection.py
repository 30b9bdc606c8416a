"""Selects customers of a snapshot by audience expression: which snapshot, count, explain, sample."""

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from features import clock, disclosure, store, tag_history, warehouse
from features.audience import Compiled, References, catalogue_of, compile_expression
from features.settings import Settings
from features.state import opened

NOT_TAGS = ("customer_id", "as_of_date")


@dataclass(frozen=True)
class Snapshot:
    """A connection on which `relation` holds one row per customer as of a date, as known to `build_id`."""

    connection: warehouse.Connection
    relation: str
    as_of_date: date
    build_id: str
    sensitivities: Mapping[str, str] = field(default_factory=dict)
    references: References = field(default_factory=References)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        described = self.connection.execute(f"describe select * from {self.relation}").fetchall()
        return catalogue_of((row[0], row[1]) for row in described if row[0] not in NOT_TAGS)

    def catalogue(self) -> dict[str, str]:
        """{tag id: text | number | boolean | date} of the columns that are there."""
        return self._kinds

    def compiled(self, expression: str) -> Compiled:
        return compile_expression(expression, self.catalogue(), self.references)

    def with_audience(self, name: str, expression: str) -> "Snapshot":
        """The same customers, with one more saved audience to refer to."""
        known = {**self.references.audiences, name: expression}
        return replace(self, references=replace(self.references, audiences=known))

    def permitted(self) -> str:
        """The condition on rows that may be shown (disclosure.permitted)."""
        return disclosure.permitted(self.catalogue())


@contextmanager
def snapshot(settings: Settings, as_of: date | None = None, known_at: date | None = None,
             build_id: str | None = None) -> Iterator[Snapshot]:
    """The build in service; or the kept tags of `as_of` as known now, on `known_at`, or to the build `build_id`."""
    in_service = str(warehouse.current_build(settings))
    current = warehouse.current_store(settings)
    published = date.fromisoformat(store.build_json(settings, in_service)["as_of_date"])
    if known_at is None and build_id in (None, in_service) and as_of in (None, published):
        with warehouse.published(current) as connection:
            yield _described(settings, Snapshot(connection, "tags.customer_tags", published, in_service), "", None)
        return
    kept = tag_history.version(settings, as_of or published, known_at, build_id or in_service)
    connection = warehouse.memory()
    try:
        connection.execute(f"attach '{current}' as store (read_only)")
        past = Snapshot(connection, f"read_parquet('{kept.path}')", as_of or published, kept.version_id)
        yield _described(settings, past, "store.", known_at)
    finally:
        connection.close()


def saved_expressions(settings: Settings) -> dict[str, str]:
    """{name: expression} of the saved audiences."""
    with opened(settings) as state:
        return {str(r["name"]): str(r["expression"]) for r in state.rows("select name, expression from saved_audience")}


def _described(settings: Settings, found: Snapshot, store_name: str, known_at: date | None) -> Snapshot:
    """The snapshot with what the store in service knows of tags and segments, and the saved audiences."""
    rows = found.connection.execute(f"select id, sensitivity from {store_name}tags.catalogue").fetchall()
    segments = _Segments(lambda: _segments(found, store_name, known_at))
    return replace(found, sensitivities=dict(rows), references=References(saved_expressions(settings), segments, declared=frozenset(name for name, _ in rows)))


class _Segments(Set[str]):
    """Names of segments, looked up when an expression first names one: most never do, and a bank has millions of memberships."""

    def __init__(self, find: Callable[[], frozenset[str]]) -> None:
        self._find = find

    @cached_property
    def _names(self) -> frozenset[str]:
        return self._find()

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _segments(found: Snapshot, store_name: str, known_at: date | None) -> frozenset[str]:
    """Makes the view `segment_now` (segment, customer_id) for the snapshot's date; the names that it may hold."""
    database = f"database_name = {repr(store_name[:-1]) if store_name else 'current_database()'}"
    if not found.connection.execute(f"select 1 from duckdb_tables() where {database} and schema_name = 'segments'"
                                    " and table_name = 'membership'").fetchall():
        return frozenset()
    day, known = f"date '{found.as_of_date}'", f" and m.known_from <= date '{known_at}'" if known_at else ""
    # Primary members, or every match where the set's groups may overlap; a model's set has no rules to be looked up.
    found.connection.execute(
        "create or replace temp view segment_now as select m.segment_set || '/' || m.segment_id as segment, m.customer_id"
        f" from {store_name}segments.membership m left join (select segment_set, bool_and(is_exclusive) as is_exclusive"
        f" from {store_name}segments.definition group by 1) d using (segment_set)"
        f" where (m.is_primary or not coalesce(d.is_exclusive, true)) and m.valid_from <= {day}"
        f" and coalesce(m.valid_to > {day}, true){known}")
    rows = found.connection.execute(
        f"select segment_set || '/' || segment_id from {store_name}segments.definition union"
        f" select segment_set || '/' || segment_id from {store_name}segments.membership").fetchall()
    return frozenset(row[0] for row in rows)


def count(settings: Settings, expression: str, as_of: date | None = None, known_at: date | None = None,
          purpose: str = "") -> dict[str, Any]:
    """`{count, withheld_under_14_count, as_of_date, build_id, seconds}`; the withheld are counted, never exported."""
    started = clock.monotonic()
    with snapshot(settings, as_of, known_at) as found:
        return {**counted(found, expression, purpose), "as_of_date": found.as_of_date, "build_id": found.build_id,
                "seconds": round(clock.monotonic() - started, 4)}


def counted(found: Snapshot, expression: str, purpose: str = "") -> dict[str, int]:
    """`{count, withheld_under_14_count}` on a snapshot."""
    compiled = found.compiled(expression)
    row = found.connection.execute(
        f"select count(*), count(*) filter (where {disclosure.withheld(found.catalogue())}) from {found.relation} where {compiled.where}",
        compiled.parameters).fetchone() or (0, 0)
    disclosure.guard_count(row[0], compiled.names, found.sensitivities, purpose)
    return {"count": row[0], "withheld_under_14_count": row[1]}


def explain(settings: Settings, expression: str) -> dict[str, Any]:
    """`{expression, expanded, tags, restricted_tags, parameters, sql}`: what an expression compiles to."""
    with snapshot(settings) as found:
        compiled = found.compiled(expression)
        return {"expression": expression, "expanded": compiled.text, "tags": sorted(compiled.names),
                "restricted_tags": disclosure.restricted(compiled.names, found.sensitivities),
                "parameters": list(compiled.parameters),
                "sql": f"select customer_id from {found.relation} where {compiled.where}"}
