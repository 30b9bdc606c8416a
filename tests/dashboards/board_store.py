"""Publishes the hand-made bank: runs the real board models with dbt and lays a home out as a night would."""

import json
import os
import shutil
from datetime import date
from pathlib import Path

import board_bank
import board_people
import duckdb

from features import settings as kehu_settings
from features.settings import ROOT, Settings

STUBS = {
    "campaign": ("assignment", "list_version", "list_member", "execution"), "customer": ("fct_balance_month",),
    "tags": ("customer_tags_all",),
}


def project(folder: Path) -> Path:
    """A dbt project of the board models alone: what they read are tables that exist already."""
    real = ROOT / "dbt_project"
    (folder / "macros").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml", "macros/generate_schema_name.sql"):
        shutil.copy(real / name, folder / name)
    shutil.copytree(real / "models" / "board", folder / "models" / "board")
    for name in ("control__sources.yml", "groups.yml"):
        shutil.copy(real / "models" / name, folder / "models" / name)
    for name in ("engine", "board"):
        shutil.copytree(real / "macros" / name, folder / "macros" / name)
    for schema, tables in STUBS.items():
        (folder / "models" / "stub" / schema).mkdir(parents=True)
        for table in tables:
            text = f"{{{{ config(schema='{schema}', enabled=true) }}}}\nselect 1 as placeholder\n"
            (folder / "models" / "stub" / schema / f"{table}.sql").write_text(text)
    return folder


def run_models(folder: Path, database: Path) -> list[str]:
    """dbt build of tag:board; returns the failures by name with their message."""
    from dbt.cli.main import dbtRunner

    os.environ |= {"KEHU_BUILD_DB": str(database), "KEHU_DBT_THREADS": "1", "KEHU_MEMORY": "1GB", "KEHU_TMP": str(folder / "tmp")}
    outcome = dbtRunner().invoke(["build", "-s", "tag:board", "--project-dir", str(folder), "--profiles-dir", str(folder),
                                  "--log-path", str(folder / "logs"), "--log-level", "none", "--no-partial-parse"])
    if outcome.exception is not None:
        raise outcome.exception
    return [f"{r.node.name}: {r.message}" for r in outcome.result if str(r.status) not in ("success", "pass")]


def publish(home: Path, database: Path, build_id: str, as_of_date: date, published_at: str, is_empty: bool = False) -> Path:
    """published/<build_id>/{store.duckdb,build.json} with the schemas that the board reads, and CURRENT."""
    folder = home / "published" / build_id
    folder.mkdir(parents=True)
    store = folder / "store.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{store}' as store")
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'board'").fetchall()
        for schema in ("board", "campaign"):
            connection.execute(f"create schema store.{schema}")
        for (name,) in names:
            connection.execute(f"create table store.board.{name} as from board.{name}")
        for name in ("measurement", "srm", "money"):
            connection.execute(f"create table store.campaign.{name} as from measure.{name}")
        connection.execute("detach store")
    with duckdb.connect(str(store)) as connection:
        connection.execute("create schema meta")
        _meta(connection, build_id, as_of_date, published_at)
        board_people.fill(connection, is_empty)
    (folder / "build.json").write_text(json.dumps({"build_id": build_id, "as_of_date": str(as_of_date), "published_at": published_at}))
    (home / "published" / "CURRENT").write_text(build_id + "\n")
    return store


def _meta(connection: duckdb.DuckDBPyConnection, build_id: str, as_of_date: date, published_at: str) -> None:
    connection.execute("create table meta.build (build_id varchar, as_of_date date, from_date date, published_at timestamptz,"
                       " kehu_version varchar, duckdb_version varchar, customers bigint, history varchar)")
    connection.execute("insert into meta.build values (?, ?, ?, ?, '0.1.0', '2.0.0', 236, '{}')",
                       [build_id, as_of_date, as_of_date, published_at])
    connection.execute("create table meta.check_result (check_id varchar, stage varchar, status varchar, detail varchar)")
    connection.execute("""insert into meta.check_result values
        ('quarantined card_20261122.csv', 'ingest', 'warned', 'header: column ''card_no'' is not in the contract <card>'),
        ('unique_dim_customer_customer_id', 'tags', 'passed', ''), ('not_null_dim_customer_customer_id', 'tags', 'passed', ''),
        ('score propensity_wealth_first_buy', 'score', 'passed', ''), ('audit_one_date', 'publish', 'passed', '')""")
    connection.execute("create table meta.stage_run (stage varchar, position integer, seconds double)")
    connection.execute("""insert into meta.stage_run values ('ingest', 0, 3.2), ('tags', 1, 9.81), ('score', 2, 1.4),
        ('strategies', 3, 2.2), ('campaign', 4, 1.9), ('measure', 5, 0.31), ('board', 6, 1.1)""")
    frame = board_bank.ledger()[["source", "entity", "file_name", "file_id", "delivery_date", "business_from", "business_to",
                                 "file_version", "rows_read", "rows_loaded", "rows_rejected", "status", "reason", "is_history", "night"]]
    connection.register("frame", frame)
    connection.execute("create table meta.ingest_ledger as from frame")
    connection.unregister("frame")


def make_home(folder: Path, is_empty: bool = False) -> Settings:
    """A home whose newest build holds the hand-made bank (or one without any strategy)."""
    settings = kehu_settings.init(folder)
    with duckdb.connect(str(settings.build_db)) as connection:
        board_bank.upstream(connection, is_empty)
    failures = run_models(project(folder / "tmp" / "board_project"), settings.build_db)
    if failures:
        raise AssertionError("; ".join(failures))
    publish(folder, settings.build_db, f"b{board_bank.TO_DATE:%Y%m%d}-01", board_bank.TO_DATE, "2026-11-22T18:47:00+00:00", is_empty)
    return settings


if __name__ == "__main__":
    import sys

    make_home(Path(sys.argv[1]), "--empty" in sys.argv)
