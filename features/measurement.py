"""Reads what the nights measured: one strategy's published numbers in the form of `kehu measure`."""

import difflib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from features import warehouse
from features.errors import KehuError
from features.settings import Settings

CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")
EFFECTS = ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap")


FEW_EVENTS, FEW_CUSTOMERS = 16, 2_000
"""A cell of a 0/1 metric with fewer events (or non-events), of an amount with fewer customers, is too lopsided for the
normal approximation: 16 events is where a rate's skewness over the root of n falls to a quarter."""


def doubt(count: int, events: float | None) -> tuple[str, str] | None:
    """Why the interval over a cell may cover less than it says, in Chinese and English; None where it is sound.

    `events` of a 0/1 metric, None of an amount.
    """
    if not count:
        return None
    if events is None:
        return (f"{count:,} 名客户", f"{count:,} customers") if count < FEW_CUSTOMERS else None
    rarer = round(min(events, count - events))
    return (f"{rarer} 个事件", f"{rarer} events") if rarer < FEW_EVENTS else None


def strategy(settings: Settings, strategy_id: str) -> dict[str, Any]:
    """The newest night's four cells of every metric, with validity, sequence, money, verdict, reasons and advice.

    Of a strategy with several versions the newest one that has a list.
    """
    with warehouse.published(warehouse.current_store(settings)) as connection, _of_this_version():
        newest = connection.execute(
            "select as_of_date, strategy_version from campaign.measurement where strategy_id = ?"
            " order by as_of_date desc, strategy_version desc limit 1", [strategy_id]).fetchall()
        if not newest:
            raise _unknown(connection, strategy_id)
        key = [strategy_id, newest[0][1]]
        rows, checks, money = (_rows(connection, f"select * from campaign.{table} where strategy_id = ? and"
                                     f" strategy_version = ? and as_of_date = ? order by {order}", [*key, newest[0][0]])
                               for table, order in (("measurement", "metric_id"), ("srm", "stage"), ("money", "1")))
        nights = _rows(connection, "select as_of_date, judged_increment, sequence_low, sequence_high, n_model_contacted +"
                       " n_model_held + n_bau_contacted + n_bau_held as n from campaign.measurement where strategy_id = ?"
                       " and strategy_version = ? and is_primary and judged_increment is not null order by as_of_date", key)
    return _document(rows, checks, money, nights, warehouse.current_build(settings))


@contextmanager
def _of_this_version() -> Iterator[None]:
    """A store that an older version published lacks columns: one line instead of the engine's."""
    try:
        yield
    except warehouse.Error as broken:
        raise KehuError(f"the store lacks what is read here: {str(broken).splitlines()[0]}", "kehu nightly") from broken


def _rows(connection: warehouse.Connection, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    return warehouse.records(connection.execute(sql, parameters))


def _unknown(connection: warehouse.Connection, strategy_id: str) -> KehuError:
    known = [r[0] for r in connection.execute("select distinct strategy_id from campaign.list_version").fetchall()]
    if strategy_id in known:
        return KehuError(f"strategy '{strategy_id}' has no measured night yet", "wait for the next night")
    near = difflib.get_close_matches(strategy_id, known, n=2, cutoff=0.4)
    return KehuError(f"no list was ever made for a strategy '{strategy_id}'",
                     f"did you mean {' or '.join(near)}?" if near else "kehu strategies list")


def _document(
    rows: list[dict[str, Any]], checks: list[dict[str, Any]], money: list[dict[str, Any]], nights: list[dict[str, Any]],
    build_id: str | None,
) -> dict[str, Any]:  # fmt: skip
    primary = next((r for r in rows if r["is_primary"]), rows[0])
    as_of: date = primary["as_of_date"]
    ratios = [c for c in checks if c["kind"] == "ratio"]
    metrics = {r["metric_id"]: _metric(r) for r in rows}
    metrics[primary["metric_id"]]["model_increment"]["sequence"] = _sequence(primary, nights)
    return {
        "strategy_id": primary["strategy_id"], "version": primary["strategy_version"], "design": "four_cell",
        "as_of_date": as_of, "build_id": build_id, "primary_metric": primary["metric_id"],
        "units": {c: primary[f"n_{c}"] for c in CELLS}, "missing_outcomes": 0,
        "srm": {"status": primary["srm_status"], "p_value": primary["srm_p_value"],
                **{what: {r["stage"]: json.loads(r[what] or "{}") for r in ratios} for what in ("planned", "observed")}},
        "placebo": next(({"status": c["status"], "p_value": c["sequence_p_value"]} for c in checks if c["stage"] == "placebo"),
                        {"status": "not_tested", "p_value": None}),
        "checks": [{k: c[k] for k in ("stage", "kind", "status", "p_value", "sequence_p_value", "reason_zh", "reason_en")}
                   for c in checks],
        **_warnings(rows), "metrics": metrics, "money": money[0] if money else None,
        "verdict": primary["verdict"], "reasons": [primary["reason_en"]], "reasons_zh": [primary["reason_zh"]],
        "advice": primary["advice"],
        "advice_reason_zh": primary["advice_reason_zh"], "advice_reason_en": primary["advice_reason_en"],
        "sentence_zh": primary["sentence_zh"], "sentence_en": primary["sentence_en"],
        "planned_mde": primary["planned_mde"], "is_powered": primary["is_powered"],
        "matured_share_rate": primary["matured_share_rate"], "plan_hash": primary["plan_hash"] or "",
        "registered_date": primary["registered_date"], "estimator": primary["estimator"],
        "alpha": (primary["alpha_monitor"] or 0) + (primary["alpha_final"] or 0) or 0.05,
        "alpha_split": {"monitor": primary["alpha_monitor"], "final": primary["alpha_final"]},
        "final": {k: primary[f"final_{k}"] for k in ("date", "verdict", "low", "high", "p")},
        "p_adjusted": primary["p_adjusted"], "is_discovery": primary["is_discovery"],
    }  # fmt: skip


def _warnings(rows: list[dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Cells in which the normal approximation is doubtful, by metric."""
    zh: dict[str, list[str]] = {}
    en: dict[str, list[str]] = {}
    for row in rows:
        for cell in CELLS:
            found = doubt(row[f"n_{cell}"], _events(row, cell))
            if found is not None:
                zh.setdefault(row["metric_id"], []).append(f"{cell}：{found[0]}：区间的实际覆盖率可能偏低")
                en.setdefault(row["metric_id"], []).append(f"{cell}: {found[1]}: the interval may cover less than it says")
    return {"warnings": en, "warnings_zh": zh}


def _events(row: dict[str, Any], cell: str) -> float | None:
    """How many had it, where the metric's spread is that of a rate."""
    n, mean, variance = (row[f"{name}_{cell}"] for name in ("n", "mean", "var"))
    if variance is None or not 0 <= mean <= 1 or abs(variance - mean * (1 - mean) * n / (n - 1)) > 1e-9:
        return None
    return float(mean * n)


def _sequence(row: dict[str, Any], nights: list[dict[str, Any]]) -> dict[str, Any]:
    """Every night's look; a night before the sequence may start has no interval."""
    looks = [{"date": n["as_of_date"].isoformat(), "n": n["n"], "estimate": n["judged_increment"], "adjusted_ci": None,
              "ci": None if n["sequence_low"] is None else [n["sequence_low"], n["sequence_high"]]} for n in nights]
    ever = None if row["ever_low"] is None else [row["ever_low"], row["ever_high"]]
    return {"ci": looks[-1]["ci"] if looks else None, "ever": ever, "alpha": row["alpha_monitor"], "looks": looks}


def _metric(row: dict[str, Any]) -> dict[str, Any]:
    arms = {c: {"n": row[f"n_{c}"], "mean": row[f"mean_{c}"],
                "sd": None if row[f"var_{c}"] is None else row[f"var_{c}"] ** 0.5} for c in CELLS}
    effects = {name: {"estimate": row[name], "se": row[f"{name}_se"], "ci": [row[f"{name}_low"], row[f"{name}_high"]],
                      "p_value": row[f"{name}_p"]} for name in EFFECTS}
    effects["model_increment"] |= {"adjusted": _form(row, "model_increment_adjusted", method="cuped"),
                                   "capped": _form(row, "model_increment_capped", cap=row["cap"])}
    contrasts = [
        {"contrast": f"{p}_contacted - {p}_held", "treatment": f"{p}_contacted", "control": f"{p}_held",
         **effects[f"{p}_effect"], "relative": _relative(row, p), "adjusted": None, "capped": None,
         "sequence": None, "p_value_holm": row[f"{p}_effect_p_holm"]}
        for p in ("model", "bau")
    ]
    sequence = None if row["sequence_low"] is None else {"ci": [row["sequence_low"], row["sequence_high"]]}
    return {"arms": arms, "effects": contrasts, **effects, "policy_value": _form(row, "policy_value"), "sequence": sequence}


def _form(row: dict[str, Any], name: str, **told: Any) -> dict[str, Any] | None:
    """An effect where it was measured, with what is told of its form."""
    if row[name] is None:
        return None
    return {**told, "estimate": row[name], "se": row[f"{name}_se"], "ci": [row[f"{name}_low"], row[f"{name}_high"]],
            "p_value": row[f"{name}_p"]}  # fmt: skip


def _relative(row: dict[str, Any], policy: str) -> float | None:
    base, effect = row[f"mean_{policy}_held"], row[f"{policy}_effect"]
    return None if not base or effect is None else effect / base
