"""The tag and feature dbt models run on a customer layer that a test fills: typed from the layer's own contracts."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from orchestration import dbt_manifest

PROJECT = Path(os.environ.get("KEHU_DBT_COPY") or Path(__file__).resolve().parents[3] / "dbt_project")
TAGS = "path:models/evaluation path:models/tags path:models/features"


def contracts() -> dict[str, dict[str, str]]:
    """{customer table: {column: type}} as the customer layer's yml enforces them."""
    found = {}
    for file in sorted((PROJECT / "models" / "customer").rglob("*.yml")):
        for model in (yaml.safe_load(file.read_text()) or {}).get("models", []):
            found[model["name"]] = {c["name"]: c["data_type"] for c in model["columns"] if "data_type" in c}
    return found


def create(path: Path, tables: dict[str, list[dict[str, object]]]) -> None:
    """A build database with a customer layer of these rows (missing columns are null), and empty tables for the rest."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema customer; create schema control")
        connection.execute("create table control.build_range (load_from_date date, from_date date, to_date date,"
                           " run_id varchar, reporting_currency varchar)")
        connection.execute("create table control.snapshot_date (as_of_date date, kind varchar)")
        for name, columns in contracts().items():
            connection.execute(f"create table customer.{name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
            _insert(connection, name, columns, tables.get(name, []))


def _insert(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str],
            rows: list[dict[str, object]]) -> None:
    unknown = {column for row in rows for column in row} - set(columns)
    assert not unknown, f"{name} has no columns {unknown}"
    if rows:
        frame = pd.DataFrame([[row.get(column) for column in columns] for row in rows], columns=list(columns), dtype=object)
        frame = frame.where(frame.notna(), None)
        casts = ", ".join(f"cast({column} as {kind})" for column, kind in columns.items())
        text = frame.map(lambda value: None if value is None else str(value))
        connection.register("rows_in", text.astype("string"))
        connection.execute(f"insert into customer.{name} select {casts} from rows_in")
        connection.unregister("rows_in")


def run(path: Path, dates: Sequence[date], select: str = TAGS, command: str = "run",
        exclude: Iterable[str] = ()) -> dbtRunnerResult:
    """Sets the snapshot dates of one run (each also as a month end: kinds may repeat a date) and invokes dbt."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from control.build_range; delete from control.snapshot_date")
        connection.execute("insert into control.build_range values (?, ?, ?, 'test', 'CNY')",
                           [min(dates), min(dates), max(dates)])
        for day in dates:
            connection.execute("insert into control.snapshot_date values (?, 'decision'), (?, 'month_end')", [day, day])
    outcome = invoke(path, [command, "--select", *select.split(), *(a for e in exclude for a in ("--exclude", e))])
    failed = [f"{r.node.name}: {r.message}" for r in outcome.result or [] if str(r.status) not in ("success", "pass")]
    assert outcome.success, failed or outcome.exception
    return outcome


def invoke(path: Path, arguments: list[str]) -> dbtRunnerResult:
    """Runs one dbt command on a build database."""
    return _runner(path, dbt_manifest.manifest(PROJECT)).invoke([*arguments, *_folders()])


def _runner(path: Path, parsed: Manifest) -> dbtRunner:
    os.environ |= {"KEHU_BUILD_DB": str(path), "KEHU_TMP": str(path.parent), "DO_NOT_TRACK": "1", "KEHU_MEMORY": "2GB"}
    return dbtRunner(manifest=parsed)


def _folders() -> list[str]:
    scratch = Path(tempfile.gettempdir()) / f"kehu_tag_tests_{os.getpid()}"
    return ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(scratch / "target"),
            "--log-path", str(scratch / "logs"), "--log-level", "none"]


def frame(path: Path, sql: str) -> pd.DataFrame:
    """A query's rows; dates as python dates, decimals as Decimal."""
    with duckdb.connect(str(path)) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
