"""Copies the tables that readers may rely on from the build database into a new store file."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from features import catalog_profile, scores, warehouse
from features.settings import Settings
from features.state import State
from features.warehouse import Connection

VOLATILE = {"meta.build", "meta.stage_run", "meta.check_result", "meta.ingest_ledger"}
"""Tables that differ between two runs of one night (wall clock): outside the checksum."""


MEASURED = {"campaign.measurement": "measure.measurement", "campaign.srm": "measure.srm", "campaign.money": "measure.money",
            "campaign.holdout": "measure.holdout", "campaign.segment_effect": "measure.segment"}
"""Published name -> name in the build database, of the tables that Python writes."""
SEGMENTS = {name: name for name in ("segments.membership", "segments.definition")}


def published_tables(manifest: Any) -> dict[str, str]:
    """Published name -> what is read of the build database: every dbt model marked `meta.publish`, and what was measured.

    `publish: as_of` gives readers the rows of the build's date only.
    """
    marked = {f"{node.schema}.{node.name}": node.config.meta.get("publish") for node in manifest.nodes.values()
              if node.resource_type == "model" and node.config.meta.get("publish")}
    of_date = "(select * from {} where as_of_date = (select to_date from control.build_range))"
    sources = {name: of_date.format(name) if mark == "as_of" else name for name, mark in sorted(marked.items())}
    return sources | MEASURED | SEGMENTS


def write(
    settings: Settings, target: Path, tables: Mapping[str, str], as_of_date: date, champions: list[dict[str, Any]]
) -> int:
    """Fills `target` with the published tables of the build database, tags only as of `as_of_date`; the customers."""
    with warehouse.build(settings) as connection:
        connection.execute(f"attach '{target}' as store")
        for name, source in tables.items():
            _copy_table(connection, source, name)
        _customer_tags(connection, as_of_date, champions)
        catalog_profile.write(connection, as_of_date)
        counted = connection.execute("select count(*) from store.customer.dim_customer").fetchall()
        connection.execute("checkpoint store")
        connection.execute("detach store")
    return int(counted[0][0])


def _copy_table(connection: Connection, source: str, target: str) -> None:
    """One whole table; its schema is made on the way."""
    connection.execute(f"create schema if not exists store.{target.split('.')[0]}")
    connection.execute(f"create or replace table store.{target} as select * from {source}")


def _customer_tags(connection: Connection, as_of_date: date, champions: list[dict[str, Any]]) -> None:
    """One row per customer: the rule tags plus one column per champion model's output tag."""
    connection.execute("create schema if not exists store.tags")
    connection.execute(
        f"create or replace table store.tags.customer_tags as {scores.tags_sql(champions)}"
        " where t.as_of_date = ? order by t.customer_id",
        [as_of_date],
    )


def write_meta(
    settings: Settings, target: Path, build: dict[str, Any], checks: list[dict[str, str]], seconds: dict[str, float],
    state: State, catalogue: list[dict[str, Any]],
) -> None:
    """Schema meta and the catalogue: what this build is, what was loaded, checked and how long it took."""
    connection = warehouse.stage(target, settings)
    try:
        connection.execute("create schema if not exists meta")
        connection.execute(
            "create table meta.build (build_id varchar, as_of_date date, from_date date, published_at timestamptz,"
            " kehu_version varchar, duckdb_version varchar, customers bigint, history varchar)")
        connection.execute("insert into meta.build values (?, ?, ?, ?, ?, ?, ?, ?)", list(build.values()))
        connection.execute(
            "create table meta.check_result (check_id varchar, stage varchar, status varchar, detail varchar)")
        if checks:
            connection.executemany("insert into meta.check_result values (?, ?, ?, ?)",
                                   [[c["check"], c["stage"], c["status"], c["detail"]] for c in checks])
        connection.execute("create table meta.stage_run (stage varchar, position integer, seconds double)")
        if seconds:
            connection.executemany("insert into meta.stage_run values (?, ?, ?)",
                                   [[s, n, round(v, 3)] for n, (s, v) in enumerate(seconds.items())])
        _ledger(connection, state)
        _catalogue(connection, catalogue)
        connection.execute("checkpoint")
    finally:
        connection.close()


LEDGER = (
    "source", "entity", "file_name", "file_id", "delivery_date", "business_from", "business_to", "file_version",
    "rows_read", "rows_loaded", "rows_rejected", "status", "reason", "is_history", "night",
)


def _ledger(connection: Connection, state: State) -> None:
    kinds = {"rows_read": "bigint", "rows_loaded": "bigint", "rows_rejected": "bigint", "file_version": "integer",
             "is_history": "boolean", "delivery_date": "date", "business_from": "date", "business_to": "date",
             "night": "date"}
    columns = ", ".join(f"{name} {kinds.get(name, 'varchar')}" for name in LEDGER)
    connection.execute(f"create table meta.ingest_ledger ({columns})")
    rows = state.rows(f"select {', '.join(LEDGER)} from ingest_file order by night, source, entity, file_name")
    if rows:
        connection.executemany(f"insert into meta.ingest_ledger values ({', '.join('?' * len(LEDGER))})",
                               [list(row.values()) for row in rows])


def _catalogue(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute("create schema if not exists tags")
    if not rows:
        raise ValueError("the catalogue is empty")
    names = list(rows[0])
    kinds = {"bool": "boolean", "int": "bigint", "float": "double"}
    columns = ", ".join(f'"{n}" {kinds.get(type(rows[0][n]).__name__, "varchar")}' for n in names)
    connection.execute(f"create table tags.catalogue ({columns})")
    connection.executemany(f"insert into tags.catalogue values ({', '.join('?' * len(names))})",
                           [[_flat(row[n]) for n in names] for row in rows])


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict, tuple)) else value
