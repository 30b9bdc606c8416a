"""A tiny bank's raw views and control tables, written by hand, and dbt run on them in this process."""

import os
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from orchestration import dbt_manifest
from orchestration.ingest import contract

PROJECT = Path(os.environ.get("KEHU_DBT_COPY") or Path(__file__).resolve().parents[2] / "dbt_project")
CORE = {
    entity.name: ", ".join(f"{column.name} {column.sql_type}" for column in entity.columns)
    for entity in contract.load("core").entities
}
BERKA = {
    "account": "account_id varchar, district_id varchar, frequency varchar, date date",
    "client": "client_id varchar, birth_number varchar, district_id varchar",
    "disp": "disp_id varchar, client_id varchar, account_id varchar, type varchar",
    "order": "order_id varchar, account_id varchar, bank_to varchar, account_to varchar, amount decimal(18,2),"
    " k_symbol varchar",
    "loan": "loan_id varchar, account_id varchar, date date, amount decimal(18,2), duration integer,"
    " payments decimal(18,2), status varchar",
    "card": "card_id varchar, disp_id varchar, type varchar, issued varchar",
    "district": ", ".join(f"A{n} varchar" for n in range(1, 17)),
    "trans": "trans_id varchar, account_id varchar, date date, type varchar, operation varchar, amount decimal(18,2),"
    " balance decimal(18,2), k_symbol varchar, bank varchar, account varchar",
}
TECHNICAL = "file_date date, known_at date, is_known_assumed boolean, row_sign tinyint, file_id varchar, line_no bigint"


def manifest() -> Manifest:
    """The parsed project."""
    found: Manifest = dbt_manifest.manifest(PROJECT)
    return found


def _folders() -> list[str]:
    target = os.environ.get("KEHU_DBT_TARGET", str(PROJECT / "target"))
    return ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", target]


class RawBank:
    """One build database with landed rows; `night` shows dbt those known within a range and builds the customer layer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.open() as con:
            con.execute("create schema landed; create schema raw; create schema control")
            for source, entities in (("core", CORE), ("berka", BERKA)):
                for entity, columns in entities.items():
                    con.execute(f"create table landed.{source}_{entity} ({columns}, {TECHNICAL})")
            con.execute(
                "create table control.file_ledger (source varchar, file_id varchar, file_version integer, status varchar)"
            )

    def open(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.path))

    def land(self, entity: str, rows: Iterable[dict[str, object]], source: str = "core") -> None:
        """Adds rows; `known_at` defaults to the business date, `row_sign` to 1."""
        with self.open() as con:
            for number, row in enumerate(rows):
                day = row.get("dt") or str(row.get("ts", ""))[:10] or None
                full = {
                    "known_at": day,
                    "is_known_assumed": False,
                    "row_sign": 1,
                    "file_id": "f1",
                    "line_no": number,
                } | row
                names, marks = ", ".join(full), ", ".join("?" * len(full))
                con.execute(
                    f"insert into landed.{source}_{entity} ({names}) values ({marks})", list(full.values())
                )

    def show(
        self,
        load_from: date,
        from_date: date,
        to_date: date,
        snapshots: Sequence[date],
        has_views: bool = False,
    ) -> None:
        """Writes the control tables and points the raw views at the range, unless the gate has made them."""
        with self.open() as con:
            con.execute(
                "create or replace table control.build_range as select cast(? as date) as load_from_date,"
                " cast(? as date) as from_date, cast(? as date) as to_date, 'run' as run_id, 'CNY' as reporting_currency",
                [load_from, from_date, to_date],
            )
            con.execute("create or replace table control.snapshot_date (as_of_date date, kind varchar)")
            for day in snapshots:
                con.execute("insert into control.snapshot_date values (?, 'decision')", [day])
            for source, entities in (("core", CORE), ("berka", BERKA)) if not has_views else ():
                for entity in entities:
                    con.execute(
                        f"create or replace view raw.{source}_{entity} as select * from landed.{source}_{entity}"
                        f" where known_at between date '{load_from}' and date '{to_date}'"
                    )

    def build(
        self, select: Sequence[str] = ("+path:models/customer", "+path:models/targets"), command: str = "run"
    ) -> None:
        """Runs dbt on the range in hand; raises with the failed nodes' messages."""
        os.environ["KEHU_BUILD_DB"] = str(self.path)
        os.environ["KEHU_TMP"] = str(self.path.parent / "tmp")
        is_first = not self.rows("select 1 from information_schema.schemata where schema_name = 'staging'")
        if is_first:
            self._dbt(["seed", "--select", "path:seeds/vocabulary"])
        views = (
            [] if is_first else ["config.materialized:view"]
        )  # they stay; making them again costs half a night
        # cautious: tests that also look at tables of other rooms, which are not built here, stay out
        tests = ["--indirect-selection", "cautious"] if command == "build" else []
        self._dbt([command, "--select", *select, "--exclude", "resource_type:seed", *views, *tests])

    def _dbt(self, arguments: list[str]) -> None:
        result = dbtRunner(manifest=manifest()).invoke([*arguments, "--quiet", *_folders()])
        if not result.success:
            failed = [
                f"{r.node.name}: {r.message}"
                for r in result.result or []
                if str(r.status) not in ("success", "pass")
            ]
            raise AssertionError("\n".join(failed) or str(result.exception))

    def night(
        self, load_from: date, to_date: date, snapshots: Sequence[date] | None = None, command: str = "run"
    ) -> None:
        """One run over [load_from, to_date] with the snapshots of its dates (default: the last one)."""
        self.show(load_from, load_from, to_date, [to_date] if snapshots is None else snapshots)
        self.build(command=command)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.open() as con:
            return con.execute(sql).fetchall()


def days(first: date, last: date) -> list[date]:
    """Every date from first to last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
