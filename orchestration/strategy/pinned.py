"""Shows state.db and its Parquet logs to dbt as tables of schema `state`, typed and empty where nothing is."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import life

ASSIGNMENT = {
    "experiment_id": "varchar", "strategy_id": "varchar", "unit_id": "varchar", "level": "integer", "arm": "varchar",
    "probability": "double", "bucket": "integer", "assigned_date": "date", "salt": "varchar",
    "hash_version": "varchar",
}  # fmt: skip
LIST_MEMBER = {
    "list_id": "varchar", "strategy_id": "varchar", "strategy_version": "integer", "as_of_date": "date",
    "customer_id": "varchar", "policy_source": "varchar", "policy": "varchar", "score": "double", "rank": "integer",
    "channel_id": "varchar", "product_id": "varchar", "script_id": "varchar", "segment_id": "varchar",
    "arm": "varchar", "cell": "varchar", "expires_date": "date",
}  # fmt: skip
CANDIDATE = {
    "run_date": "date", "strategy_id": "varchar", "customer_id": "varchar", "policy": "varchar",
    "is_eligible": "boolean", "block_reason": "varchar", "rank": "integer", "is_chosen": "boolean",
}  # fmt: skip
LIST_VERSION = {
    "list_id": "varchar", "strategy_id": "varchar", "strategy_version": "integer", "as_of_date": "date",
    "row_count": "bigint", "contact_count": "bigint", "hold_count": "bigint", "content_hash": "varchar",
    "rule_hash": "varchar", "model_id": "varchar", "model_version": "varchar", "status": "varchar",
    "expires_date": "date", "tag_build_id": "varchar",
}  # fmt: skip
STRATEGY = {
    "strategy_id": "varchar", "version": "integer", "name_zh": "varchar", "name_en": "varchar", "stage": "varchar",
    "scenario_type": "varchar", "goal_family": "varchar", "primary_metric": "varchar", "window_days": "integer",
    "mde": "double", "direction": "varchar", "owner": "varchar", "status": "varchar", "started_date": "date",
    "file_hash": "varchar", "capacity": "integer", "hold_share": "double", "global_holdout_share": "double",
    "control_policy": "varchar", "product_family": "varchar", "channel_id": "varchar", "model_id": "varchar",
    "planned_n": "bigint", "planned_mde": "double", "is_powered": "boolean", "horizon_date": "date",
    "priority": "integer", "segment_id": "varchar",
}  # fmt: skip


def pin(settings: Settings, connection: Connection, state: State) -> None:
    """Replaces state.{assignment, list_version, list_member, candidate, strategy} in the build database.

    Candidates are shown for the run's decision dates only: their history lives in campaign.candidate_log.
    """
    connection.execute("create schema if not exists state")
    lists = state.rows("select * from list_version order by list_id")
    _from_rows(connection, "list_version", LIST_VERSION, lists)
    _from_rows(connection, "strategy", STRATEGY, strategy_rows(settings, state))
    logs = [
        settings.home / str(row["path"])
        for row in state.rows("select path from assignment_file order by path")
    ]
    _from_files(connection, "assignment", ASSIGNMENT, logs)
    _from_files(connection, "list_member", LIST_MEMBER, [settings.home / str(row["path"]) for row in lists])
    decided = _decision_dates(connection)
    candidates = [
        candidate_path(settings, str(row["list_id"])) for row in lists if row["as_of_date"] in decided
    ]
    _from_files(connection, "candidate", CANDIDATE, candidates)


def candidate_path(settings: Settings, list_id: str) -> Path:
    """Where the why-not log of one list lies."""
    return settings.state / "candidates" / f"{list_id}.parquet"


def _decision_dates(connection: Connection) -> set[str]:
    exists = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'control' and table_name = 'snapshot_date'"
    ).fetchall()
    if not exists:
        return set()
    rows = connection.execute(
        "select as_of_date from control.snapshot_date where kind = 'decision'"
    ).fetchall()
    return {row[0].isoformat() for row in rows}


def create(connection: Connection, table: str, columns: dict[str, str]) -> None:
    """An empty, typed table of schema `state`."""
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace table state.{table} ({typed})")


def _from_rows(
    connection: Connection, table: str, columns: dict[str, str], rows: Sequence[dict[str, Any]]
) -> None:
    create(connection, table, columns)
    if rows:
        marks = ", ".join("?" * len(columns))
        values = [[row[name] for name in columns] for row in rows]
        connection.executemany(f"insert into state.{table} values ({marks})", values)


def _from_files(connection: Connection, table: str, columns: dict[str, str], paths: Sequence[Path]) -> None:
    for path in paths:
        if not path.is_file():
            raise KehuError(
                f"{path.name} is listed in state.db but missing in {path.parent}", "kehu restore FILE"
            )
    create(connection, table, columns)
    if paths:
        names = ", ".join(columns)
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        connection.execute(f"insert into state.{table} select {names} from read_parquet([{files}])")


def strategy_rows(settings: Settings, state: State) -> list[dict[str, Any]]:
    """One row per strategy version, with its plan and its final look."""
    rows = []
    for standing in life.standings(settings, state):
        strategy, plan = standing.strategy, standing.plan or {}
        started = life.started_date(state, strategy)
        rows.append({
            **strategy.model_dump(include=set(STRATEGY)), "strategy_id": strategy.id, "status": standing.status,
            "file_hash": standing.file_hash, "started_date": started, "capacity": strategy.capacity_per_wave,
            "planned_n": plan.get("planned_n"), "planned_mde": plan.get("planned_mde"),
            "is_powered": plan.get("is_powered"), "segment_id": strategy.segment,
            "horizon_date": started + timedelta(days=strategy.planned_days) if started else None,
        })  # fmt: skip
    return rows
