"""Landing files become raw views: one asset per entity, with its rows read, loaded and rejected."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.defs import graph, tables
from orchestration.night import remember
from orchestration.partitions import business_dates
from orchestration.resources import HomeResource
from orchestration.stages import run_stage

SPECS = [
    dg.AssetSpec(key, group_name="g1_ingest", owners=[graph.OWNERS["data"]], partitions_def=business_dates,
                 description=f"Accepted rows of {key.path[1]}: hash, header, encoding, counts and totals were checked.")
    for key in graph.raw_keys()
] + [
    dg.AssetSpec(graph.source_key("control", name), group_name="g1_ingest", owners=[graph.OWNERS["data"]],
                 partitions_def=business_dates, description=text)
    for name, text in (("build_range", "The business dates of this run."),
                       ("snapshot_date", "Dates whose tag and feature snapshots this run builds."),
                       ("file_ledger", "Every file ever seen: rows read = loaded + rejected."))
]


@dg.multi_asset(name="ingest", specs=SPECS, pool=graph.POOL)
def ingest(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """The gate: whole files or single rows that break the contract are quarantined with a reason."""
    with home.night(context) as night:
        night.forget()
        remember(night, "running")
        run_stage(night, "ingest")
        if night.failed():
            raise dg.Failure(f"the gate blocks the night: {', '.join(night.failed())}")
        described = tables.describe(night.settings, [".".join(spec.key.path) for spec in SPECS])
        for spec in SPECS:
            entity = spec.key.path[1].split("_", 1)[-1]
            counts = night.rows.get(entity, {})
            yield dg.MaterializeResult(asset_key=spec.key, metadata={
                **{f"rows_{k}": v for k, v in counts.items()}, **described.get(".".join(spec.key.path), {})})
