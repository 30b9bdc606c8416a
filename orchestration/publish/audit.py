"""The last look at a store before readers see it, in a process of its own: counts, keys, dates, checksum."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from features import warehouse
from features.warehouse import Connection
from orchestration.publish.store import VOLATILE

MUST_EXIST = (
    "customer.dim_customer", "customer.dim_account", "customer.fct_loan", "customer.fct_card", "tags.customer_tags",
    "tags.catalogue", "campaign.assignment", "campaign.list_version", "campaign.list_member", "campaign.measurement",
    "meta.build", "meta.ingest_ledger",
)
UNIQUE = {"customer.dim_customer": "customer_id", "customer.dim_account": "account_id", "tags.customer_tags": "customer_id"}
FORBIDDEN_COLUMNS = ("name", "full_name", "id_number", "id_no", "phone", "mobile", "email", "address")
LARGEST_DROP = 0.2
"""A night that loses more than this share of the customers of the build in service is not published."""


def audit(store: Path, as_of_date: str, former_customers: int | None) -> dict[str, Any]:
    """`{checks: [{check, stage, status, detail}], checksum, tables: {name: rows}}` of one store file."""
    warehouse.assert_no_wal(store)
    with warehouse.published(store, hardened=False) as connection:
        tables = table_sizes(connection)
        checks = [_exists(tables)]
        if checks[0]["status"] == "passed":
            checks += [_unique(connection, table, key) for table, key in UNIQUE.items()]
            checks += [_dated(connection, as_of_date), _every_customer_has_tags(connection), _no_held(connection),
                       _size(tables, former_customers)]
        checks.append(_no_raw_identity(connection))
        return {"checks": checks, "checksum": checksum(connection, tables), "tables": tables}


def checksum(connection: Connection, tables: dict[str, int]) -> str:
    """Digest of the content: row order and the wall clock do not matter, every value does."""
    digest = hashlib.sha256()
    for name in sorted(set(tables) - VOLATILE):
        columns = connection.execute(
            "select string_agg(column_name || ':' || data_type, ',' order by column_index) from duckdb_columns()"
            " where schema_name || '.' || table_name = ?", [name]).fetchone()
        total = connection.execute(f"select coalesce(sum(hash(t)::hugeint), 0), count(*) from {name} t").fetchone()
        digest.update(f"{name}|{columns}|{total}\n".encode())
    return digest.hexdigest()


def table_sizes(connection: Connection) -> dict[str, int]:
    """`schema.table` -> rows of every table of a store."""
    names = [row[0] for row in connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()]
    return {name: _scalar(connection, f"select count(*) from {name}") for name in names}


def _scalar(connection: Connection, sql: str, parameters: list[Any] | None = None) -> int:
    found = connection.execute(sql, parameters or []).fetchone()
    return int(found[0]) if found and found[0] is not None else 0


def _check(name: str, is_passed: bool, detail: str) -> dict[str, str]:
    return {"check": f"audit_{name}", "stage": "publish", "status": "passed" if is_passed else "failed", "detail": detail}


def _exists(tables: dict[str, int]) -> dict[str, str]:
    missing = [name for name in MUST_EXIST if name not in tables]
    return _check("tables_exist", not missing, f"missing: {', '.join(missing)}" if missing else "")


def _unique(connection: Connection, table: str, key: str) -> dict[str, str]:
    twice = _scalar(connection, f"select count(*) - count(distinct {key}) from {table}")
    return _check(f"unique_{table.split('.')[1]}", twice == 0, f"{twice} row(s) share or lack {key}")


def _dated(connection: Connection, as_of_date: str) -> dict[str, str]:
    other = _scalar(connection, "select count(*) from tags.customer_tags where as_of_date is distinct from ?::date",
                    [as_of_date])
    return _check("one_date", other == 0, f"{other} tag row(s) are not of {as_of_date}")


def _every_customer_has_tags(connection: Connection) -> dict[str, str]:
    gap = _scalar(connection, "select count(*) from customer.dim_customer anti join tags.customer_tags using (customer_id)")
    return _check("tags_cover_customers", gap == 0, f"{gap} customer(s) without tags")


def _no_held(connection: Connection) -> dict[str, str]:
    wrong = _scalar(connection, "select count(*) from campaign.list_member where arm = 'hold' and cell not like '%held'")
    return _check("held_are_held", wrong == 0, f"{wrong} held list line(s) marked as contacted")


def _size(tables: dict[str, int], former: int | None) -> dict[str, str]:
    now = tables["customer.dim_customer"]
    is_fine = now > 0 and (former is None or now >= former * (1 - LARGEST_DROP))
    return _check("customer_count", is_fine, f"{now} customers, {former} in the build in service")


def _no_raw_identity(connection: Connection) -> dict[str, str]:
    found = connection.execute(
        "select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() where schema_name in"
        " ('customer', 'tags', 'campaign') and column_name in (select unnest(?)) and table_name <> 'catalogue'",
        [list(FORBIDDEN_COLUMNS)]).fetchall()
    return _check("no_raw_identity", not found, ", ".join(row[0] for row in found))


def main() -> None:
    """`python -m orchestration.publish.audit STORE AS_OF FORMER_CUSTOMERS`: the answer as JSON on stdout."""
    store, as_of_date, former = sys.argv[1:4]
    print(json.dumps(audit(Path(store), as_of_date, int(former) if former else None)))


if __name__ == "__main__":
    main()
