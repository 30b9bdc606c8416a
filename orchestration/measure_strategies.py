"""Measures every strategy's four cells from campaign.outcome_panel, night by night, into measure.measurement."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from features import warehouse
from features.state import State
from features.warehouse import Connection
from models.experiments import four_cell, sequential, srm, verdict
from models.experiments.moments import CellMoments
from models.experiments.plan import Plan
from orchestration import measure_words

CELLS = ("model_contacted", "model_held", "bau_contacted", "bau_held")
EFFECTS = ("model_effect", "bau_effect", "model_increment", "selection_bias", "naive_gap")
FEWEST = 50
"""Below this many matured units in a cell the night only collects."""

_COLUMNS = (
    [("strategy_id", "varchar"), ("as_of_date", "date"), ("metric_id", "varchar"), ("is_primary", "boolean")]
    + [(f"n_{c}", "bigint") for c in CELLS]
    + [(f"{kind}_{c}", "double") for kind in ("mean", "var") for c in CELLS]
    + [(f"{e}{part}", "double") for e in EFFECTS for part in ("", "_se", "_low", "_high", "_p")]
    + [("sequence_low", "double"), ("sequence_high", "double"), ("srm_status", "varchar"), ("srm_p_value", "double"),
       ("verdict", "varchar"), ("reason_zh", "varchar"), ("reason_en", "varchar"), ("advice", "varchar"),
       ("sentence_zh", "varchar"), ("sentence_en", "varchar"), ("planned_mde", "double"), ("is_powered", "boolean"),
       ("matured_share_rate", "double")]
)


def create_tables(connection: Connection) -> None:
    """measure.measurement and measure.srm, empty where this home never measured."""
    connection.execute("create schema if not exists measure")
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
    connection.execute(f"create table if not exists measure.measurement ({columns})")
    connection.execute(
        "create table if not exists measure.srm (strategy_id varchar, as_of_date date, stage varchar,"
        " planned varchar, observed varchar, p_value double, status varchar)"
    )


def run(connection: Connection, state: State, nights: list[date]) -> list[dict[str, Any]]:
    """Replaces the rows of these nights; returns them (columns of `_COLUMNS`)."""
    create_tables(connection)
    rows = []
    for night in sorted(nights):
        for table in ("measurement", "srm"):
            connection.execute(f"delete from measure.{table} where as_of_date >= ?", [night])
        for strategy in _strategies(connection, night):
            rows += _measure(connection, strategy, night)
    return rows


def _strategies(connection: Connection, night: date) -> list[dict[str, Any]]:
    return warehouse.records(connection.execute(
        "select s.* from state.strategy s where s.strategy_id in"
        " (select strategy_id from campaign.list_version where as_of_date <= ?) order by s.strategy_id",
        [night],
    ))


def _measure(connection: Connection, strategy: dict[str, Any], night: date) -> list[dict[str, Any]]:
    checks = _ratios(connection, strategy, night)
    share = _matured_share(connection, strategy["strategy_id"], night)
    rows = []
    for metric, cells in _moments(connection, strategy["strategy_id"], night).items():
        row = _row(strategy, night, metric, cells, checks)
        row["matured_share_rate"] = share
        if row["is_primary"]:
            _judge(connection, strategy, row, cells, checks)
        rows.append(row)
    _insert(connection, rows)
    return rows


def _moments(connection: Connection, strategy_id: str, night: date) -> dict[str, dict[str, CellMoments]]:
    """metric -> cell -> moments over members whose window is complete by `night`; aggregated inside DuckDB."""
    found: dict[str, dict[str, CellMoments]] = {}
    for metric, cell, n, mean, variance in connection.execute(
        "select metric_id, cell, count(*), avg(value), var_samp(value) from campaign.outcome_panel"
        " where strategy_id = ? and matured_date <= ? and cell is not null and value is not null"
        " group by metric_id, cell order by metric_id, cell",
        [strategy_id, night],
    ).fetchall():
        found.setdefault(metric, {})[cell] = CellMoments.from_summary(n, mean, variance or 0.0)
    return found


def _matured_share(connection: Connection, strategy_id: str, night: date) -> float:
    matured, total = connection.execute(
        "select count(*) filter (where matured_date <= $2), count(*) from campaign.outcome_panel"
        " where strategy_id = $1 and listed_date <= $2", [strategy_id, night]).fetchone() or (0, 0)
    return matured / total if total else 0.0


def _row(
    strategy: Mapping[str, Any], night: date, metric: str, cells: dict[str, CellMoments], checks: list[dict[str, Any]]
) -> dict[str, Any]:
    answer = four_cell.from_cells(cells)
    row: dict[str, Any] = dict.fromkeys((name for name, _ in _COLUMNS))
    row.update(strategy_id=strategy["strategy_id"], as_of_date=night, metric_id=metric,
               is_primary=metric == strategy["primary_metric"], planned_mde=strategy["planned_mde"],
               is_powered=strategy["is_powered"])
    for cell in CELLS:
        moments = cells.get(cell, CellMoments.empty())
        row[f"n_{cell}"] = moments.n
        row[f"mean_{cell}"] = moments.average if moments.n else None
        row[f"var_{cell}"] = moments.variance if moments.n > 1 else None
    for name in EFFECTS:
        found = answer[name]
        low, high = found["ci"] or (None, None)
        row.update({name: found["estimate"], f"{name}_se": found["se"], f"{name}_low": low, f"{name}_high": high,
                    f"{name}_p": found["p_value"]})
    worst = min((c for c in checks if c["p_value"] is not None), key=lambda c: c["p_value"], default=None)
    row["srm_status"] = "failed" if any(c["status"] == "failed" for c in checks) else \
        "passed" if worst else "not_tested"
    row["srm_p_value"] = worst["p_value"] if worst else None
    return row


def _judge(
    connection: Connection, strategy: Mapping[str, Any], row: dict[str, Any], cells: dict[str, CellMoments],
    checks: list[dict[str, Any]],
) -> None:
    """Fills verdict, reasons, advice and the sentence of the primary metric's row."""
    plan = Plan(design="four_cell", metrics=(row["metric_id"],), mde=strategy["mde"], horizon=strategy["horizon_date"],
                direction=-1 if strategy["direction"] == "decrease" else 1)
    problems = tuple(f"sample ratio differs from the plan at stage {c['stage']} (p = {c['p_value']:.2g})"
                     for c in checks if c["status"] == "failed")
    smallest = min(cells.get(c, CellMoments.empty()).n for c in CELLS)
    total = sum(cells.get(c, CellMoments.empty()).n for c in CELLS)
    enough = smallest >= FEWEST
    evidence = verdict.Evidence(
        as_of=row["as_of_date"], estimate=row["model_increment"] if enough else None,
        se=row["model_increment_se"] if enough else None, df=float("inf"), n=total, invalid=problems,
        ever=_ever(connection, strategy["strategy_id"], row["metric_id"], row["as_of_date"]))
    found = verdict.decide(plan, evidence)
    if enough:
        row["sequence_low"], row["sequence_high"] = sequential.interval(
            row["model_increment"], row["model_increment_se"], total, plan.monitor_alpha, plan.tuned_n) or (None, None)
    row.update(verdict=found.state, advice=found.advice, reason_en="; ".join(found.reasons),
               reason_zh="；".join(found.reasons_zh))
    placed = measure_words.reason(row, found.numbers)
    if placed is not None:
        row["reason_zh"], row["reason_en"] = placed
    row["sentence_zh"], row["sentence_en"] = measure_words.sentence(row)


def _ever(connection: Connection, strategy_id: str, metric: str, night: date) -> tuple[float, float] | None:
    """The intersection of the sequence intervals of all earlier nights."""
    low, high = connection.execute(
        "select max(sequence_low), min(sequence_high) from measure.measurement where strategy_id = ? and metric_id = ?"
        " and as_of_date < ?", [strategy_id, metric, night]).fetchone() or (None, None)
    return None if low is None or high is None else (low, high)


def _ratios(connection: Connection, strategy: Mapping[str, Any], night: date) -> list[dict[str, Any]]:
    """Sample ratios at assignment, list freeze and outcome join, against the logged probabilities."""
    asked = {
        "assignment": ("select policy, count(*), avg(policy_probability) from campaign.assignment where strategy_id = ?"
                       " and assigned_date <= ? and policy is not null group by policy order by policy"),
        "freeze": ("select case contact when 1 then 'contact' else 'hold' end as arm, count(*), avg(contact_probability)"
                   " from campaign.assignment where strategy_id = ? and listed_date <= ? and contact is not null"
                   " group by arm order by arm"),
        "outcome": ("select case contact when 1 then 'contact' else 'hold' end as arm, count(*), avg(contact_probability)"
                    " from campaign.assignment a where strategy_id = ? and listed_date <= ? and contact is not null"
                    " and exists (select 1 from campaign.outcome_panel o where o.strategy_id = a.strategy_id"
                    " and o.customer_id = a.customer_id) group by arm order by arm"),
    }
    found = []
    for stage, sql in asked.items():
        counted = connection.execute(sql, [strategy["strategy_id"], night]).fetchall()
        if len(counted) < 2:
            continue
        tested = srm.chi2({arm: n for arm, n, _ in counted}, {arm: p for arm, _, p in counted})
        check = {"stage": stage, "planned": tested["planned"], "observed": tested["observed"],
                 "p_value": tested["p_value"], "status": tested["status"]}
        connection.execute("insert into measure.srm values (?, ?, ?, ?, ?, ?, ?)", [
            strategy["strategy_id"], night, stage, json.dumps(check["planned"]), json.dumps(check["observed"]),
            check["p_value"], check["status"]])
        found.append(check)
    return found


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        marks = ", ".join("?" * len(_COLUMNS))
        connection.executemany(f"insert into measure.measurement values ({marks})",
                               [[row[name] for name, _ in _COLUMNS] for row in rows])
