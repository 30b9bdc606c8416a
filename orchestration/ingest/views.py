"""The raw views that dbt reads: rows learnt in a range, typed also when nothing was loaded."""

from datetime import date

import pyarrow as pa

from features.settings import Settings
from features.state import State, opened
from features.warehouse import Connection
from orchestration.ingest import contract
from orchestration.ingest.casts import in_contract, no_rows, quoted
from orchestration.ingest.contract import TECHNICAL, Entity
from orchestration.ingest.ledger import Entry, Ledger


def make_views(settings: Settings, connection: Connection, load_from_date: date, to_date: date) -> None:
    """Creates or replaces `raw.<source>_<entity>` of every declared source for known_at in the range."""
    connection.execute("create schema if not exists raw")
    with opened(settings) as state:
        for name in contract.source_names():
            source, ledger = contract.load(name), Ledger(state, name)
            for entity in source.entities:
                files = [e for e in ledger.loaded(entity.name) if _is_known(e, load_from_date, to_date)]
                body = _rows(settings, entity, files, load_from_date, to_date) if files else no_rows(entity)
                connection.execute(f"create or replace view raw.{name}_{entity.name} as {body}")


def _is_known(entry: Entry, first: date, last: date) -> bool:
    return bool(entry.raw_path) and str(entry.known_from) <= last.isoformat() and str(entry.known_to) >= first.isoformat()


def _rows(settings: Settings, entity: Entity, files: list[Entry], first: date, last: date) -> str:
    """Files in the range; where an entity's declaration grew, columns absent in older files are null."""
    contested = _contested(entity, files)
    plain = [entry for entry in files if entry not in contested]
    parts = [_scan(settings, entity, part, first, last) for part in (plain, contested) if part]
    if contested:
        parts[-1] = _newest_only(entity, parts[-1], contested)
    return " union all by name ".join(parts)


def _scan(settings: Settings, entity: Entity, files: list[Entry], first: date, last: date) -> str:
    paths = ", ".join("'" + str(settings.home / str(entry.raw_path)).replace("'", "''") + "'" for entry in files)
    is_grown = {entry.contract_hash for entry in files} != {entity.contract_hash}
    scan = f"({in_contract(entity, f'read_parquet([{paths}], union_by_name = true)')})" if is_grown else f"read_parquet([{paths}])"
    names = ", ".join(quoted(name) for name in [*entity.names, *TECHNICAL])
    return f"select {names} from {scan} where known_at between date '{first}' and date '{last}'"


def _contested(entity: Entity, files: list[Entry]) -> list[Entry]:
    """Snapshot files that may tell the same key and date twice with the same known_at (a correction overnight)."""
    if entity.is_event:
        return []
    ordered = sorted(files, key=lambda entry: str(entry.event_from))
    found: list[Entry] = []
    for position, entry in enumerate(ordered):
        for other in ordered[position + 1:]:
            if str(other.event_from) > str(entry.event_to):
                break
            if str(entry.known_from) <= str(other.known_to) and str(other.known_from) <= str(entry.known_to):
                found += [e for e in (entry, other) if e not in found]
    return found


def _newest_only(entity: Entity, scan: str, files: list[Entry]) -> str:
    """Of equal key, date and known_at the row of the newest file version counts."""
    key = ", ".join(quoted(name) for name in entity.key)
    ranked = sorted(files, key=lambda entry: (str(entry.business_to), entry.file_version, entry.file_id))
    order = ", ".join(f"'{entry.file_id}'" for entry in ranked)
    return (f"select * from ({scan}) qualify row_number() over (partition by {key}, known_at"
            f" order by list_position([{order}], file_id) desc, line_no desc) = 1")


def ledger_table(settings: Settings, connection: Connection) -> None:
    """Replaces control.file_ledger with the whole ingest ledger of state.db."""
    connection.execute("create schema if not exists control")
    with opened(settings) as state:
        columns = _columns(state)
        names = ", ".join(columns)
        rows = state.rows(f"select {names} from ingest_file order by night, source, entity, file_name, file_id")
    typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
    table = pa.table({name: pa.array([_text(row[name]) for row in rows], pa.string()) for name in columns})
    connection.register("ingest_ledger", table)
    connection.execute(f"create or replace table control.file_ledger as select {typed} from ingest_ledger")
    connection.unregister("ingest_ledger")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


LEDGER_TYPES = {
    **dict.fromkeys(("delivery_date", "business_from", "business_to", "known_from", "known_to", "event_from",
                     "event_to", "night"), "DATE"),
    **dict.fromkeys(("rows_read", "rows_loaded", "rows_rejected", "size_bytes"), "BIGINT"),
    "file_version": "INTEGER", "is_history": "BOOLEAN", "recorded_at": "VARCHAR",
}
PRIVATE = {"modified_ns"}


def _columns(state: State) -> dict[str, str]:
    """Columns of the ledger and their types; the time a file was changed is no fact about the bank."""
    found = [str(row["name"]) for row in state.rows("select name from pragma_table_info('ingest_file')")]
    return {name: LEDGER_TYPES.get(name, "VARCHAR") for name in found if name not in PRIVATE}
