"""What the strategy stage reads, as of earlier dates: the store in service, history and state, never the build database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from features import scores, store, warehouse
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import pinned

PUBLISHED = ("fct_contact", "fct_purchase", "fct_card", "dim_channel", "dim_product")


@contextmanager
def opened(settings: Settings, state: State, snapshots: Mapping[date, Path]) -> Iterator[Connection]:
    """A private database in memory with schemas tags, customer and state as a night sees them on these dates.

    Readers of a published store never wait for a writer, so a plan or a replay may run beside a night.
    """
    connection = warehouse.memory()
    try:
        connection.execute(f"attach {_text(warehouse.current_store(settings))} as store (read_only)")
        _tags(connection, snapshots)
        _customers(connection, snapshots)
        _segments(connection)
        pinned.pin(settings, connection, state)
        scores.score_table(connection, settings, state)
        yield connection
    finally:
        connection.close()


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _tags(connection: Connection, snapshots: Mapping[date, Path]) -> None:
    files = ", ".join(_text(path) for path in snapshots.values())
    connection.execute("create schema tags")
    connection.execute(
        f"create view tags.customer_tags_all as select * from read_parquet([{files}], union_by_name = true)"
    )


def _customers(connection: Connection, snapshots: Mapping[date, Path]) -> None:
    """Published tables under their own names, and who was known to be dead on each date."""
    connection.execute("create schema customer")
    kept = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'store' and schema_name = 'customer'"
    ).fetchall()
    missing = {*PUBLISHED, "dim_customer_version"} - {name for (name,) in kept}
    if missing:
        raise KehuError(f"the store in service has no customer.{min(missing)}: an older kehu made it", "kehu nightly")
    for name in PUBLISHED:
        connection.execute(f"create view customer.{name} as select * from store.customer.{name}")
    dates = ", ".join(f"(date '{day}')" for day in snapshots)
    connection.execute(f"""
        create view customer.customer_as_of as
        select d.as_of_date, v.customer_id, last(v.is_deceased order by {_KNOWN}, v.changed_date, v.known_at) as is_deceased
        from store.customer.dim_customer_version as v
        inner join (values {dates}) as d(as_of_date) on {_KNOWN} <= d.as_of_date
        where not v.is_late
        group by d.as_of_date, v.customer_id
    """)


def _segments(connection: Connection) -> None:
    """Who was in which segment, since when; a store of before segments has none to refer to."""
    connection.execute("create schema segments")
    kept = connection.execute("select table_name from duckdb_tables() where database_name = 'store' and schema_name = 'segments'"
                              " and table_name in ('membership', 'definition')").fetchall()
    for (name,) in kept:
        connection.execute(f"create view segments.{name} as select * from store.segments.{name}")


_KNOWN = "greatest(v.changed_date, v.known_at)"


def kept(settings: Settings) -> dict[date, Path]:
    """Tag snapshots of the build in service, by date."""
    history: dict[str, str] = store.build_json(settings)["history"]
    return {date.fromisoformat(day): settings.history / path for day, path in sorted(history.items())}


def as_known(settings: Settings, state: State, night: date, to_date: date) -> Path:
    """The tag snapshot of a night as the first published run up to `to_date` made it."""
    build = state.one("select build_id from build where as_of_date = ? order by sequence", [to_date.isoformat()])
    if build is None:
        raise KehuError(f"the night of {to_date} is not published", "kehu nightly")
    made = sorted((settings.history / "tags" / night.isoformat()).glob("b*.parquet"))
    usable = [path for path in made if path.stem <= str(build["build_id"])]
    if not usable:
        raise KehuError(f"the tags of {night} as known on {to_date} are no longer kept", "kehu restore FILE")
    return usable[-1]
