"""The tables that the measurement writes (schema `measure`): their columns, their rows, and old homes brought up to date."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from features.warehouse import Connection

CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")
EFFECTS = ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap")
PARTS = ("", "_se", "_low", "_high", "_p")
FORMS = ("model_increment_adjusted", "model_increment_capped", "policy_value")
"""Further effects of a measured row, each with estimate, error, interval and p-value."""

Columns = dict[str, str]


def _effect(name: str) -> Columns:
    return {f"{name}{part}": "double" for part in PARTS}


MEASUREMENT: Columns = {
    "strategy_id": "varchar", "as_of_date": "date", "metric_id": "varchar", "is_primary": "boolean",
    **{f"n_{cell}": "bigint" for cell in CELLS},
    **{f"{kind}_{cell}": "double" for kind in ("mean", "var") for cell in CELLS},
    **{name: kind for effect in EFFECTS for name, kind in _effect(effect).items()},
    "sequence_low": "double", "sequence_high": "double", "srm_status": "varchar", "srm_p_value": "double",
    "verdict": "varchar", "reason_zh": "varchar", "reason_en": "varchar", "advice": "varchar",
    "sentence_zh": "varchar", "sentence_en": "varchar", "planned_mde": "double", "is_powered": "boolean",
    "matured_share_rate": "double",
    # which experiment, under which registered plan
    "strategy_version": "integer", "strategy_status": "varchar", "model_version": "varchar",
    "plan_hash": "varchar", "registered_date": "date", "estimator": "varchar", "cap": "double",
    "alpha_monitor": "double", "alpha_final": "double",
    # the same increment in other forms
    **{name: kind for form in FORMS for name, kind in _effect(form).items()},
    "variance_reduction_rate": "double", "arm_model_count": "bigint", "arm_bau_count": "bigint",
    "agreement_z": "double", "agreement_p": "double",
    # what decides, over the nights
    "judged_increment": "double", "judged_se": "double", "ever_low": "double", "ever_high": "double",
    "sequence_p": "double", "final_date": "date", "final_verdict": "varchar", "final_low": "double",
    "final_high": "double", "final_p": "double", "final_reason_zh": "varchar", "final_reason_en": "varchar",
    # beside the other strategies
    "model_effect_p_holm": "double", "bau_effect_p_holm": "double", "p_adjusted": "double",
    "is_discovery": "boolean", "model_increment_shrunken": "double",
    "advice_reason_zh": "varchar", "advice_reason_en": "varchar",
}  # fmt: skip
SRM: Columns = {
    "strategy_id": "varchar", "as_of_date": "date", "stage": "varchar", "planned": "varchar", "observed": "varchar",
    "p_value": "double", "status": "varchar", "strategy_version": "integer", "kind": "varchar",
    "sequence_p_value": "double", "wrong_count": "bigint", "base_count": "bigint", "reason_zh": "varchar",
    "reason_en": "varchar",
}  # fmt: skip
MONEY_PARTS = ("increment_income", "increment_profit", "campaign_income", "campaign_profit", "hold_cost", "net_new_money")
MONEY: Columns = {
    "strategy_id": "varchar", "strategy_version": "integer", "as_of_date": "date", "currency": "varchar",
    "product_id": "varchar", "margin_rate": "double", "contacted_count": "bigint", "held_count": "bigint",
    "contact_cost": "double", "cost_difference": "double", "gross_amount": "double",
    **{f"{name}{part}": "double" for name in MONEY_PARTS for part in ("", "_low", "_high")},
}  # fmt: skip
HOLDOUT_PARTS = ("claimed", "shown", "gap")
HOLDOUT: Columns = {
    "as_of_date": "date", "window_days": "integer", "marketed_count": "bigint", "held_count": "bigint",
    "marketed_mean": "double", "held_mean": "double", "status": "varchar",
    **{f"{name}{part}": "double" for name in HOLDOUT_PARTS for part in ("", "_low", "_high")},
    "gap_p": "double", "strategy_count": "bigint", "discovery_count": "bigint", "curse_claimed": "double",
    "curse_shrunken": "double",
}  # fmt: skip
SEGMENT: Columns = {
    "strategy_id": "varchar", "strategy_version": "integer", "as_of_date": "date", "metric_id": "varchar",
    "segment": "varchar", "people_count": "bigint", "increment": "double", "increment_se": "double",
    "increment_low": "double", "increment_high": "double", "shrunken": "double",
}  # fmt: skip
TABLES: dict[str, Columns] = {
    "measurement": MEASUREMENT, "srm": SRM, "money": MONEY, "holdout": HOLDOUT, "segment": SEGMENT,
}  # fmt: skip
"""Tables with one night per row; `waves` keeps its own."""


def create(connection: Connection, tables: Mapping[str, Columns] = TABLES) -> None:
    """Empty tables where this home never measured; a table of an older version gets the columns it lacks."""
    connection.execute("create schema if not exists measure")
    for table, columns in tables.items():
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table if not exists measure.{table} ({typed})")
        known = {row[0] for row in connection.execute(
            "select column_name from duckdb_columns() where schema_name = 'measure' and table_name = ?", [table]
        ).fetchall()}  # fmt: skip
        for name in [name for name in columns if name not in known]:  # in the order declared, which a set has not
            connection.execute(f"alter table measure.{table} add column {name} {columns[name]}")


def forget(connection: Connection, night: date) -> None:
    """Drops what was measured on this night and later, so that it can be measured again."""
    for table in TABLES:
        connection.execute(f"delete from measure.{table} where as_of_date >= ?", [night])


def insert(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Appends rows by name; figures keep twelve digits, which no order of summation changes."""
    if not rows:
        return
    names = list(TABLES[table])
    marks = "(" + ", ".join("?" * len(names)) + ")"
    values = [_plain(row.get(name)) for row in rows for name in names]
    connection.execute(
        f"insert into measure.{table} ({', '.join(names)}) values {', '.join([marks] * len(rows))}", values)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else None
    return value


def put(row: dict[str, Any], name: str, found: Mapping[str, Any] | None) -> None:
    """Spreads an effect of the engine over the row's columns `name`, `name_se`, `name_low`, `name_high`, `name_p`."""
    found = found or {}
    low, high = found.get("ci") or (None, None)
    parts = (found.get("estimate"), found.get("se"), low, high, found.get("p_value"))
    row.update(zip((f"{name}{part}" for part in PARTS), parts, strict=True))
