"""The published store: written, audited in a fresh process, then the pointer moves."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from features.errors import CheckFailed
from orchestration.defs import graph
from orchestration.night import remember
from orchestration.partitions import business_dates
from orchestration.publish import collection
from orchestration.resources import HomeResource
from orchestration.stages import run_stage

KEY = dg.AssetKey(["published", "store"])


def _deps() -> list[dg.AssetKey]:
    specs = [*graph.dbt_specs("board")[0], *graph.dbt_specs("campaign")[0]]
    return [s.key for s in specs] + [dg.AssetKey(["tags", "customer_tags_all"]), dg.AssetKey(["measure", "measurement"])]


SPEC = dg.AssetSpec(KEY, group_name="g11_publish", owners=[graph.OWNERS["data"]], deps=_deps(),
                    partitions_def=business_dates,
                    description="What every reader opens: immutable, swapped in by the pointer CURRENT.")


@dg.multi_asset(name="publish", specs=[SPEC], pool=graph.POOL,
                check_specs=[dg.AssetCheckSpec("audit", asset=KEY, blocking=True)])
def publish(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """A failed audit leaves the former build in service."""
    with home.night(context) as night:
        try:
            run_stage(night, "publish")
        except CheckFailed as failed:
            yield dg.AssetCheckResult(asset_key=KEY, check_name="audit", passed=False, metadata={"detail": failed.line()})
            raise dg.Failure(failed.line()) from failed
        remember(night, "published")
        record = _record(night.settings, str(night.build_id))
        yield dg.MaterializeResult(asset_key=KEY, metadata=record)
        yield dg.AssetCheckResult(asset_key=KEY, check_name="audit", passed=True)
    collection.after_night(night.settings, context.log.info)


def _record(settings: Any, build_id: str) -> dict[str, Any]:
    from orchestration.publish import pointer

    found = pointer.build_record(settings, build_id)
    return {"build_id": build_id, "checksum": found["checksum"],
            "dagster/row_count": found["tables"]["customer.dim_customer"]}
