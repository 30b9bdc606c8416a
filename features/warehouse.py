"""The only module that opens DuckDB: the build database for one writer, published stores for readers."""

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from features import locks
from features.errors import KehuError
from features.settings import Settings

BUILD_SETTINGS = {
    "TimeZone": "Asia/Shanghai",
    "default_null_order": "nulls_first_on_asc_last_on_desc",
    "ieee_floating_point_ops": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}
HARDENED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "memory_limit": "1GB",
    "threads": "2",
    "max_temp_directory_size": "1GB",
    "lock_configuration": "true",
}


def _configure(connection: duckdb.DuckDBPyConnection, settings: Settings) -> duckdb.DuckDBPyConnection:
    for name, value in BUILD_SETTINGS.items():
        connection.execute(f"set {name} = '{value}'")
    connection.execute(f"set memory_limit = '{settings.memory_limit}'")
    connection.execute(f"set threads = {settings.threads}")
    return connection


def writer_lock(settings: Settings, wait_seconds: float = 0) -> AbstractContextManager[None]:
    """The lock of the one writer. Raises WriterBusy when held."""
    return locks.held(settings.locks / "writer.lock", "another process writes this home's build database", wait_seconds)


@contextmanager
def build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-write connection to the build database; call it under `writer_lock`."""
    connection = duckdb.connect(str(settings.build_db))
    try:
        yield _configure(connection, settings)
    finally:
        connection.close()


def stage(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """A new, private database file (the store being made)."""
    return _configure(duckdb.connect(str(path)), settings)


@contextmanager
def published(path: Path, hardened: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to one published store; hardened ones cannot reach files or settings."""
    connection = open_store(path, hardened)
    try:
        yield connection
    finally:
        connection.close()


def open_store(path: Path, hardened: bool = True) -> duckdb.DuckDBPyConnection:
    """As `published`, for callers that keep the connection (the board)."""
    if not path.is_file():
        raise KehuError(f"no published store at {path}", "kehu nightly")
    return duckdb.connect(str(path), read_only=True, config=dict(HARDENED) if hardened else {})


def memory() -> duckdb.DuckDBPyConnection:
    """An in-memory database for one task (files given by a user, experiment moments)."""
    connection = duckdb.connect(":memory:")
    for name, value in BUILD_SETTINGS.items():
        connection.execute(f"set {name} = '{value}'")
    return connection


@cache
def _parquet_reader() -> duckdb.DuckDBPyConnection:
    connection = memory()
    connection.execute("set parquet_metadata_cache = true")
    return connection


def parquet_reader() -> duckdb.DuckDBPyConnection:
    """A cursor on this process's one reader of immutable Parquet files: opened once, footers remembered. Close it."""
    return _parquet_reader().cursor()


def current_build(settings: Settings) -> str | None:
    """The build id that CURRENT names, or None before the first publish."""
    pointer = settings.published / "CURRENT"
    return pointer.read_text().strip() if pointer.is_file() else None


def current_store(settings: Settings) -> Path:
    """The store file that CURRENT names."""
    build_id = current_build(settings)
    if build_id is None:
        raise KehuError("nothing is published in this home yet", "kehu nightly or kehu demo")
    return settings.published / build_id / "store.duckdb"


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupts the running statement after `seconds` (DuckDB has no statement timeout)."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def is_single_select(sql: str) -> bool:
    """True when the text is one SELECT-like statement (COPY, SET, ATTACH, CALL, PREPARE are not)."""
    connection = duckdb.connect(":memory:")
    try:
        return [s.type.name for s in connection.extract_statements(sql)] == ["SELECT"]
    except duckdb.Error as broken:
        raise KehuError(f"the SQL does not parse: {str(broken).splitlines()[0]}") from broken
    finally:
        connection.close()


def assert_no_wal(path: Path) -> None:
    """A store may only be published after CHECKPOINT and close: a stray WAL would break or truncate it."""
    if os.path.exists(f"{path}.wal"):
        raise KehuError(f"{path}.wal lies beside a store that should be closed", "run the night again")


Connection = duckdb.DuckDBPyConnection
Error = duckdb.Error


def records(found: Connection) -> list[dict[str, Any]]:
    """The rows of an executed query as dicts by column name."""
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
