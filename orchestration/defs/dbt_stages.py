"""dbt models as assets, dbt tests as blocking asset checks, built in this process under the writer lock."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from features.errors import CheckFailed
from orchestration.defs import graph, tables
from orchestration.night import Night
from orchestration.partitions import business_dates
from orchestration.resources import HomeResource
from orchestration.stages import run_stage


def stage_assets(stage: str, tag: str) -> dg.AssetsDefinition:
    """One op that builds every dbt model of a stage for the partition's date."""
    specs, checks = graph.dbt_specs(tag)
    keyed = [spec.replace_attributes(partitions_def=business_dates) for spec in specs]

    @dg.multi_asset(name=f"dbt_{stage}", specs=keyed, check_specs=checks, pool=graph.POOL)
    def build(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
        with home.night(context) as night:
            try:
                run_stage(night, stage)
            except CheckFailed as failed:
                yield from _check_results(night, stage, checks)
                raise dg.Failure(f"{failed.line()}: {', '.join(night.failed())}") from failed
            yield from _materialized(night, keyed)
            yield from _check_results(night, stage, checks)

    return build


def _materialized(night: Night, specs: list[dg.AssetSpec]) -> Iterator[dg.MaterializeResult]:
    described = tables.describe(night.settings, [".".join(spec.key.path) for spec in specs])
    for spec in specs:
        yield dg.MaterializeResult(asset_key=spec.key, metadata=described.get(".".join(spec.key.path), {}))


def _check_results(night: Night, stage: str, specs: list[dg.AssetCheckSpec]) -> Iterator[dg.AssetCheckResult]:
    """One result per dbt test that ran; warnings pass with severity WARN."""
    ran = {c["check"]: c for c in night.checks if c["stage"] == stage}
    for spec in specs:
        found = ran.get(spec.name)
        if found is not None:
            is_error = found["status"] == "failed"
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key, check_name=spec.name, passed=found["status"] == "passed",
                severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
                metadata={"detail": found["detail"] or "ok"})


store = stage_assets("tags", "store")
campaign = stage_assets("campaign", "campaign")
board = stage_assets("board", "board")
