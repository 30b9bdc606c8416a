"""Operational records that cannot be rebuilt: state.db (SQLite, WAL) and the append-only assignment log."""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from features.errors import KehuError
from features.settings import Settings

SCHEMA = """
create table if not exists ingest_file (
    file_id text not null, source text not null, entity text not null, file_name text not null,
    sha256 text not null, delivery_date text, business_from text, business_to text, file_version integer not null,
    known_from text, known_to text, event_from text, event_to text,
    rows_read integer not null, rows_loaded integer not null, rows_rejected integer not null,
    status text not null check (status in ('loaded', 'quarantined', 'duplicate')), reason text, is_history integer not null default 0,
    night text not null, recorded_at text not null, raw_path text,
    contract_hash text not null default '', size_bytes integer not null default 0, modified_ns integer not null default 0,
    primary key (source, entity, file_id, file_name, night));
create index if not exists ingest_file_sha on ingest_file (source, entity, sha256);
create table if not exists ingest_reject (
    file_id text not null, source text not null, entity text not null, line_no integer not null,
    reason text not null, raw_text text not null);
create table if not exists night (
    to_date text primary key, from_date text not null, load_from_date text not null, decision_dates text not null,
    status text not null check (status in ('running', 'published', 'blocked', 'failed', 'built')),
    build_id text, failed_checks text not null default '[]', seconds text not null default '{}', updated_at text not null);
create table if not exists strategy_event (
    id integer primary key, strategy_id text not null, version integer not null, action text not null,
    who text not null, reason text not null, file_hash text not null, body text not null, recorded_at text not null);
create table if not exists list_version (
    list_id text primary key, strategy_id text not null, strategy_version integer not null, as_of_date text not null,
    row_count integer not null, contact_count integer not null, hold_count integer not null, content_hash text not null,
    rule_hash text not null, model_id text, model_version text, status text not null, expires_date text not null,
    path text not null, tag_build_id text, recorded_at text not null);
create table if not exists assignment_file (
    path text primary key, experiment_id text not null, as_of_date text not null, row_count integer not null,
    sha256 text not null, recorded_at text not null);
create table if not exists model_version (
    model_id text not null, version text not null, kind text not null, trained_on text not null, code_hash text not null,
    artefact_hash text not null, metrics text not null, recorded_at text not null, primary key (model_id, version));
create table if not exists model_event (
    id integer primary key, model_id text not null, version text, action text not null, alias text,
    who text not null, reason text not null, recorded_at text not null);
create table if not exists model_alias (
    model_id text not null, alias text not null, version text not null, recorded_at text not null,
    primary key (model_id, alias));
create table if not exists score_file (
    path text primary key, model_id text not null, version text not null, as_of_date text not null,
    row_count integer not null, sha256 text not null, recorded_at text not null);
create table if not exists export_log (
    id integer primary key, kind text not null, who text not null, purpose text not null, expression text not null,
    build_id text not null, row_count integer not null, sha256 text not null, path text not null,
    previous_hash text not null, entry_hash text not null, recorded_at text not null);
create table if not exists saved_audience (
    name text primary key, expression text not null, who text not null, recorded_at text not null);
create table if not exists audience_membership (
    name text not null, expression text not null, build_id text not null, as_of_date text not null, member_count integer,
    sha256 text not null, entered_count integer, left_count integer, problem text not null default '',
    primary key (name, expression, build_id));
create table if not exists segment_version (
    segment_set text not null, version integer not null, definition_hash text not null, body text not null,
    first_night text not null, recorded_at text not null, primary key (segment_set, version));
create table if not exists segment_list (
    segment_id text not null, version integer not null, name_zh text not null, name_en text not null, owner text not null,
    who text not null, effective_date text not null, expires_date text not null, rows_read integer not null,
    rows_loaded integer not null, rows_rejected integer not null, sha256 text not null, path text not null,
    recorded_at text not null, primary key (segment_id, version));
create table if not exists build (
    build_id text primary key, as_of_date text not null, published_at text not null, checksum text not null,
    sequence integer not null, is_kept integer not null default 1);
"""


SCHEMA_MARK = zlib.crc32(SCHEMA.encode()) & 0x7FFFFFFF
"""Kept as SQLite's user_version: another mark means that the home was made by another version of kehu."""


def _missing_columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """(table, column definition) of SCHEMA that an existing table lacks; such a column is nullable or has a default."""
    wanted = sqlite3.connect(":memory:")
    wanted.executescript(SCHEMA)
    found = []
    for (table,) in wanted.execute("select name from sqlite_master where type = 'table' order by name").fetchall():
        present = {row[1] for row in connection.execute(f"pragma table_info({table})")}
        for _, name, kind, is_required, default, _ in wanted.execute(f"pragma table_info({table})").fetchall() if present else ():
            if name not in present:
                found.append((table, f"{name} {kind}{' not null' * is_required}{'' if default is None else f' default {default}'}"))
    wanted.close()
    return found


class State:
    """One home's state.db; every write is one committed transaction. Who may only read the home may still ask."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = settings.state / "state.db"
        self.is_writable = os.access(self.path if self.path.exists() else self.path.parent, os.W_OK)
        self._connection = self._connected()
        self._connection.row_factory = sqlite3.Row
        if self.is_writable:
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
        self._migrate()

    def _connected(self) -> sqlite3.Connection:
        if self.is_writable:
            return sqlite3.connect(self.path, timeout=30, isolation_level=None)
        # Where a writer is at work its -wal and -shm lie there and are read; where none is, SQLite must not want to make them.
        options = "mode=ro" if self.path.with_name("state.db-shm").exists() else "immutable=1"
        try:
            return sqlite3.connect(f"{self.path.absolute().as_uri()}?{options}", uri=True, timeout=30, isolation_level=None)
        except sqlite3.OperationalError as broken:
            raise KehuError(f"{self.path} cannot be opened: {broken}", "give this user the home, at least to read") from broken

    def _migrate(self) -> None:
        """Brings an older home's tables up to SCHEMA: new tables are made, new columns added; nothing is dropped."""
        if self._mark() == SCHEMA_MARK:
            return
        if not self.is_writable:
            raise KehuError(f"{self.path} was made by another version of kehu, and this user may not write it",
                            "let a user who may write the home run kehu doctor once")
        with self.transaction() as connection:
            if self._mark() == SCHEMA_MARK:  # another process was faster
                return
            for table, column in _missing_columns(connection):
                connection.execute(f"alter table {table} add column {column}")
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {SCHEMA_MARK}")

    def _mark(self) -> int:
        return int(self._connection.execute("pragma user_version").fetchone()[0])

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, object]]:
        """All rows of a query as dicts."""
        return [dict(row) for row in self._connection.execute(sql, parameters)]

    def one(self, sql: str, parameters: Sequence[object] = ()) -> dict[str, object] | None:
        """The first row or None."""
        found = self._connection.execute(sql, parameters).fetchone()
        return dict(found) if found else None

    def insert(self, table: str, row: dict[str, object], replace: bool = False) -> None:
        """Writes one row; values that are lists or dicts become JSON."""
        self.insert_many(table, [row], replace)

    def insert_many(self, table: str, rows: Sequence[dict[str, object]], replace: bool = False) -> None:
        """Writes rows of equal keys in one transaction."""
        if not rows:
            return
        names = list(rows[0])
        verb = "insert or replace" if replace else "insert"
        sql = f"{verb} into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})"
        with self.transaction() as connection:
            connection.executemany(sql, [[_plain(row[name]) for name in names] for row in rows])

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One immediate transaction: all or nothing."""
        if self._connection.in_transaction:
            yield self._connection
            return
        if not self.is_writable:
            raise KehuError(f"{self.settings.home} may only be read by this user: nothing can be recorded in it",
                            "run the command as a user who may write the home")
        self._connection.execute("begin immediate")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def backup(self, target: Path) -> None:
        """A consistent copy while others write."""
        copy = sqlite3.connect(target)
        try:
            self._connection.backup(copy)
            copy.execute("pragma journal_mode = delete")
        finally:
            copy.close()

    def close(self) -> None:
        self._connection.close()


def _plain(value: object) -> object:
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


@contextmanager
def opened(settings: Settings) -> Iterator[State]:
    """The state of a home, closed at the end."""
    state = State(settings)
    try:
        yield state
    finally:
        state.close()
