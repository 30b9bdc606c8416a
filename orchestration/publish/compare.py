"""Compares builds: is one as it was published, and which rows differ between two."""

from typing import Any

from features import warehouse
from features.errors import KehuError
from features.settings import Settings
from features.state import opened
from features.warehouse import Connection
from orchestration.publish import audit, pointer

KEYS = {
    "tags.customer_tags": "customer_id", "customer.dim_customer": "customer_id", "customer.dim_account": "account_id",
    "customer.fct_loan": "loan_id", "customer.fct_card": "card_id", "campaign.list_version": "list_id",
}
UNCOMPARED = {"as_of_date"}


def verify(settings: Settings) -> list[dict[str, Any]]:
    """`{build_id, is_intact, checksum, recorded}` of every build on disk."""
    rows = []
    with opened(settings) as state:
        for version in pointer.versions(settings, state):
            found = _checksum(settings, version["build_id"])
            rows.append({"build_id": version["build_id"], "is_intact": found == version["checksum"],
                         "checksum": found, "recorded": version["checksum"]})
    return rows


def _checksum(settings: Settings, build_id: str) -> str:
    try:
        with warehouse.published(settings.published / build_id / "store.duckdb", hardened=False) as connection:
            return audit.checksum(connection, audit.table_sizes(connection))
    except warehouse.Error as broken:
        return f"unreadable: {str(broken).splitlines()[0]}"


def diff(settings: Settings, a: str, b: str, table: str | None = None, limit: int = 100) -> dict[str, Any]:
    """`{items: [{table, key, column, before, after}], count, tables: {name: {added, removed, changed}}}`."""
    if table is not None and table not in KEYS:
        raise KehuError(f"table '{table}' cannot be compared", f"one of {', '.join(KEYS)}")
    connection = warehouse.memory()
    try:
        for name, build_id in (("a", a), ("b", b)):
            path = settings.published / build_id / "store.duckdb"
            if not path.is_file():
                raise KehuError(f"there is no build {build_id}", "kehu store versions")
            connection.execute(f"attach '{path}' as {name} (read_only)")
        rows: list[dict[str, Any]] = []
        summary: dict[str, dict[str, int]] = {}
        for name in [table] if table else KEYS:
            summary[name], found = _table_diff(connection, name, KEYS[name], limit - len(rows))
            rows += found
        return {"items": rows, "count": len(rows), "tables": summary}
    finally:
        connection.close()


def _table_diff(connection: Connection, table: str, key: str, limit: int) -> tuple[dict[str, int], list[dict[str, Any]]]:
    columns = [c for c in _columns(connection, "a", table) if c in _columns(connection, "b", table) and c not in UNCOMPARED]
    values = ", ".join(f"a.{c} as a_{n}, b.{c} as b_{n}" for n, c in enumerate(columns))
    differs = " or ".join(f"a.{c} is distinct from b.{c}" for c in columns)
    connection.execute(
        f"create or replace temp table d as select coalesce(a.{key}, b.{key}) as k, a.{key} is null as is_added,"
        f" b.{key} is null as is_removed, {values} from a.{table} a full join b.{table} b on a.{key} = b.{key}"
        f" where a.{key} is null or b.{key} is null or {differs}")
    counts = connection.execute(
        "select count(*) filter (where is_added), count(*) filter (where is_removed),"
        " count(*) filter (where not is_added and not is_removed) from d").fetchone() or (0, 0, 0)
    summary = dict(zip(("added", "removed", "changed"), counts, strict=True))
    return summary, _changed_values(connection, table, columns, limit) if limit > 0 else []


def _columns(connection: Connection, store: str, table: str) -> list[str]:
    return [r[0] for r in connection.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name || '.' || table_name = ?"
        " order by column_index", [store, table]).fetchall()]


def _changed_values(connection: Connection, table: str, columns: list[str], limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for record in connection.execute(f"select * from d order by k limit {limit}").fetchall():
        key, is_added, is_removed, *values = record
        if is_added or is_removed:
            rows.append({"table": table, "key": key, "column": "*", "before": None if is_added else "row",
                         "after": "row" if is_added else None})
            continue
        rows += [{"table": table, "key": key, "column": c, "before": values[2 * n], "after": values[2 * n + 1]}
                 for n, c in enumerate(columns) if values[2 * n] != values[2 * n + 1]]
    return rows[:limit]
