"""Reads a written bank back with DuckDB, as a pipeline would."""

from pathlib import Path

import duckdb

from orchestration.simulator.contract import SCHEMAS

TYPES = {"string": "varchar", "date32[day]": "date", "timestamp[us]": "timestamp", "bool": "boolean", "int32": "integer",
         "double": "double", "decimal128(18, 2)": "decimal(18,2)"}


def rows_of(con: duckdb.DuckDBPyConnection, out: Path, entity: str) -> str:
    """A relation (SQL text) of all history and night rows of an entity."""
    columns = ", ".join(f"'{f.name}': '{TYPES[str(f.type)]}'" for f in SCHEMAS[entity])
    names = ", ".join(SCHEMAS[entity].names)
    parts = []
    if list(out.glob(f"history/{entity}_[0-9]*.parquet")):
        parts.append(f"select {names} from read_parquet('{out}/history/{entity}_[0-9]*.parquet')")
    if list(out.glob(f"20*/{entity}_[0-9]*.csv")):
        parts.append(f"select {names} from read_csv('{out}/20*/{entity}_[0-9]*.csv', header = true, columns = {{{columns}}})")
    return f"({' union all '.join(parts)})"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
