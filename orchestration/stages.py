"""The stages of a night, in order: each takes the night, does its part, and notes what it checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from features import clock, warehouse
from features.errors import CheckFailed
from orchestration import control, memory
from orchestration.control import BuildRange
from orchestration.dbt_build import DbtResult
from orchestration.dbt_manifest import project_hash

if TYPE_CHECKING:
    from orchestration.night import Night


VIEWS, TARGETS = "config.materialized:view", "path:models/targets"
DATED = "source:control.snapshot_date+"
"""What dbt builds anew for each part of the snapshot dates; targets look across parts and come with the last."""


def _ingest(night: Night) -> None:
    """Landing files become raw Parquet, ledger rows and the raw views of the range."""
    from orchestration import ingest

    with warehouse.build(night.settings) as connection:
        built = night.built
        found = ingest.run(night.settings, night.source, night.landing, built.from_date, built.to_date, connection)
        first = min(found.load_from_date, built.load_from_date)
        night.built = BuildRange(first, built.from_date, built.to_date, built.decision_dates)
        control.write(connection, night.built, night.run_id, night.source)
        ingest.make_views(night.settings, connection, first, built.to_date)
        ingest.ledger_table(night.settings, connection)
    night.rows = found.rows
    for reason in found.blocking:
        night.note(reason, "ingest", "failed", reason)
    for name, reason in found.quarantined:
        night.note(f"quarantined {name}", "ingest", "warned", reason)
    for name in found.missing:
        night.note(f"missing {name}", "ingest", "warned", "the night went on without it")


def _tags(night: Night) -> None:
    """dbt: staging, customer, tags, features, targets; seeds and views only where the project changed since.

    Many snapshot dates of many customers are built in parts: what does not depend on a snapshot date once, with the first.
    """
    wanted, dates = project_hash(night.settings.dbt_project), night.built.snapshot_dates()
    with warehouse.build(night.settings) as connection:
        is_current = _built_project(connection) == wanted
        parts = control.snapshot_parts(dates, _customer_count(connection), night.settings.customer_dates)
    if not is_current:
        _dbt(night, "tags", "tag:seed", "seed")
    for number, part in enumerate(parts):
        with warehouse.build(night.settings) as connection:
            control.write_snapshot_dates(connection, part)
        is_first, is_last = number == 0, number == len(parts) - 1
        left_out = [VIEWS] * (is_current or not is_first) + [TARGETS] * (not is_last)
        _dbt(night, "tags", "tag:store" if is_first else f"tag:store,{DATED}", exclude=" ".join(left_out))
    with warehouse.build(night.settings) as connection:
        control.write_snapshot_dates(connection, dates)
        if not is_current:
            connection.execute("create or replace table control.project as select ? as project_hash", [wanted])


def _customer_count(connection: warehouse.Connection) -> int:
    """Customers of the night before, or those that the first night's files name."""
    for counted in ("customer.dim_customer", "raw.core_customer", "raw.berka_client"):
        try:
            key = "client_id" if counted.endswith("client") else "customer_id"
            found = int(connection.execute(f"select count(distinct {key}) from {counted}").fetchall()[0][0])
        except warehouse.Error:
            continue  # not built yet
        if found:
            return found
    return 0


def _built_project(connection: warehouse.Connection) -> str | None:
    """Hash of the project whose seeds and views stand in the build database."""
    try:
        found = connection.execute("select project_hash from control.project").fetchall()
    except warehouse.Error:
        return None  # the first night of a home
    return str(found[0][0]) if found else None


def _dbt(night: Night, stage: str, select: str, command: str = "build", exclude: str = "") -> DbtResult:
    result = night.dbt.build(select, command, exclude)
    for item in result.failed:
        night.note(item["check"], stage, "failed", item["detail"])
    for item in result.warned:
        night.note(item["check"], stage, "warned", item["detail"])
    known = {check["check"] for check in night.checks if check["stage"] == stage}  # parts of a stage repeat its tests
    for name in result.passed_tests:
        if name not in known:
            night.note(name, stage, "passed", "")
    if result.failed:
        raise CheckFailed(f"dbt {stage}: {len(result.failed)} failed", f"see {night.settings.logs / 'dbt.log'}")
    return result


def _score(night: Night) -> None:
    """Plugged models are trained where they never were, and score every decision date."""
    from orchestration import scoring

    with warehouse.build(night.settings) as connection:
        for note in scoring.ensure_trained(night.settings, connection, night.state, night.built.to_date):
            night.report(f"{night.built.to_date} trained {note.get('model_id')} {note.get('version')}")
        for item in scoring.score_all(night.settings, connection, night.state, list(night.built.decision_dates)):
            night.note(f"score {item['model_id']}", "score", str(item["status"]), str(item.get("detail", "")))
        scoring.score_table(connection, night.settings, night.state)


def _segments(night: Night) -> None:
    """Who is in which segment, from rules, models' labels and curated lists; warns of what no rule matches."""
    from orchestration import segments

    with warehouse.build(night.settings) as connection:
        for item in segments.build(night.settings, connection, night.state, night.built.from_date):
            night.note(item["check"], "segments", item["status"], item["detail"])


def _strategies(night: Night) -> None:
    """Audiences, policy, arms and frozen lists of every running strategy."""
    from orchestration import strategy
    from orchestration.measure import strategies

    with warehouse.build(night.settings) as connection:
        strategies.create_tables(connection)
        strategy.pin(night.settings, connection, night.state)
        for made in strategy.decide(night.settings, connection, night.state, list(night.built.decision_dates), night.run_id):
            is_fine = made["status"] not in ("failed", "no_scores")
            night.note(f"list of {made['strategy_id']} on {made['as_of_date']}", "strategies",
                       "passed" if is_fine else "warned", str(made["detail"] or ("" if is_fine else made["status"])))
        strategy.pin(night.settings, connection, night.state)


def _campaign(night: Night) -> None:
    """dbt: assignment, lists, execution and outcomes."""
    _dbt(night, "campaign", "tag:campaign")


def _measure(night: Night) -> None:
    """The four cells of every strategy, with sample-ratio checks."""
    from orchestration.measure import strategies

    with warehouse.build(night.settings) as connection:
        strategies.run(connection, night.state, list(night.built.decision_dates))


def _board(night: Night) -> None:
    """dbt: what the board reads."""
    _dbt(night, "board", "tag:board")


def _publish(night: Night) -> None:
    """Write the store, audit it in a fresh process, swap the pointer."""
    from orchestration import publish

    published = publish.run(night.settings, night.state, night.built, night.checks, night.seconds, night.dbt)
    night.checks += published.checks
    night.build_id = published.build_id


STAGES: dict[str, Callable[[Night], None]] = {
    "ingest": _ingest, "tags": _tags, "score": _score, "segments": _segments, "strategies": _strategies, "campaign": _campaign,
    "measure": _measure, "board": _board, "publish": _publish,
}


def run_stage(night: Night, stage: str) -> None:
    """One stage by name, with its seconds and the most memory it held."""
    night.report(f"{night.built.to_date} {stage}")
    started = clock.monotonic()
    memory.reset_peak()
    STAGES[stage](night)
    night.seconds[stage] = night.seconds.get(stage, 0.0) + clock.monotonic() - started
    night.peak_mb[stage] = max(night.peak_mb.get(stage, 0), memory.peak_mb())
