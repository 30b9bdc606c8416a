"""Reads what the nights measured: one strategy's published numbers in the form of `kehu measure`."""

import difflib
from datetime import date
from typing import Any

from features import warehouse
from features.errors import KehuError
from features.settings import Settings

CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")
EFFECTS = ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap")


def strategy(settings: Settings, strategy_id: str) -> dict[str, Any]:
    """The newest night's four cells of every metric, with sample ratios, verdict, reasons and advice."""
    with warehouse.published(warehouse.current_store(settings)) as connection:
        rows = _rows(connection, "select * from campaign.measurement where strategy_id = ? and as_of_date ="
                     " (select max(as_of_date) from campaign.measurement where strategy_id = ?) order by metric_id",
                     [strategy_id, strategy_id])
        if not rows:
            raise _unknown(connection, strategy_id)
        ratios = _rows(connection, "select stage, planned, observed, p_value, status from campaign.srm"
                       " where strategy_id = ? and as_of_date = ? order by stage", [strategy_id, rows[0]["as_of_date"]])
    return _document(rows, ratios, warehouse.current_build(settings))


def _rows(connection: warehouse.Connection, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    return warehouse.records(connection.execute(sql, parameters))


def _unknown(connection: warehouse.Connection, strategy_id: str) -> KehuError:
    known = [r[0] for r in connection.execute("select distinct strategy_id from campaign.list_version").fetchall()]
    if strategy_id in known:
        return KehuError(f"strategy '{strategy_id}' has no measured night yet", "wait for the next night")
    near = difflib.get_close_matches(strategy_id, known, n=2, cutoff=0.4)
    return KehuError(f"no list was ever made for a strategy '{strategy_id}'",
                     f"did you mean {' or '.join(near)}?" if near else "kehu strategies list")


def _document(rows: list[dict[str, Any]], ratios: list[dict[str, Any]], build_id: str | None) -> dict[str, Any]:
    primary = next((r for r in rows if r["is_primary"]), rows[0])
    as_of: date = primary["as_of_date"]
    return {
        "strategy_id": primary["strategy_id"], "design": "four_cell", "as_of_date": as_of, "build_id": build_id,
        "primary_metric": primary["metric_id"],
        "units": {c: primary[f"n_{c}"] for c in CELLS}, "missing_outcomes": 0,
        "srm": {"status": primary["srm_status"], "p_value": primary["srm_p_value"],
                "planned": {r["stage"]: r["planned"] for r in ratios},
                "observed": {r["stage"]: r["observed"] for r in ratios}},
        "metrics": {r["metric_id"]: _metric(r) for r in rows},
        "verdict": primary["verdict"], "reasons": [primary["reason_en"]], "advice": primary["advice"],
        "sentence_zh": primary["sentence_zh"], "sentence_en": primary["sentence_en"],
        "planned_mde": primary["planned_mde"], "is_powered": primary["is_powered"],
        "matured_share_rate": primary["matured_share_rate"],
    }


def _metric(row: dict[str, Any]) -> dict[str, Any]:
    arms = {c: {"n": row[f"n_{c}"], "mean": row[f"mean_{c}"],
                "sd": None if row[f"var_{c}"] is None else row[f"var_{c}"] ** 0.5} for c in CELLS}
    effects = {name: {"estimate": row[name], "se": row[f"{name}_se"], "ci": [row[f"{name}_low"], row[f"{name}_high"]],
                      "p_value": row[f"{name}_p"]} for name in EFFECTS}
    contrasts = [
        {"contrast": f"{p}_contacted - {p}_held", "treatment": f"{p}_contacted", "control": f"{p}_held",
         **effects[f"{p}_effect"], "relative": _relative(row, p), "adjusted": None, "capped": None,
         "sequence": None}
        for p in ("model", "bau")
    ]
    sequence = None if row["sequence_low"] is None else {"ci": [row["sequence_low"], row["sequence_high"]]}
    return {"arms": arms, "effects": contrasts, **effects, "policy_value": None, "sequence": sequence}


def _relative(row: dict[str, Any], policy: str) -> float | None:
    base, effect = row[f"mean_{policy}_held"], row[f"{policy}_effect"]
    return None if not base or effect is None else effect / base
