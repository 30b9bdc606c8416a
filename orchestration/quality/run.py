"""Validates one night's profiles and writes the data docs; a process of its own, as the import is heavy."""

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from features import settings
from features.settings import Settings
from features.state import opened
from orchestration.quality import profiles

MOST_REJECTED = 0.01
RATIO = (0.5, 2.0)
LARGEST_PSI = 0.25


def run(found: Settings, night: date) -> list[dict[str, Any]]:
    """`[{suite, expectation, success, severity, detail}]`; data docs land in `<home>/quality/docs`."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    with opened(found) as state:
        frames = {"landing": profiles.landing(state, night), "scores": profiles.scores(found, night)}
    context = gx.get_context(mode="file", project_root_dir=str(found.home / "quality"))
    results = []
    for name, frame in frames.items():
        if len(frame):
            results += _validate(context, gx, name, frame)
    context.build_data_docs()
    return results


def _validate(context: Any, gx: Any, name: str, frame: Any) -> list[dict[str, Any]]:
    source = context.data_sources.add_or_update_pandas(name)
    asset = source.add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=_expectations(gx, name)))
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=name, data=batch, suite=suite))
    checkpoint = context.checkpoints.add_or_update(gx.Checkpoint(
        name=name, validation_definitions=[definition], actions=[], result_format="SUMMARY"))
    found = checkpoint.run(batch_parameters={"dataframe": frame})
    return [_row(name, result) for run in found.run_results.values() for result in run.results]


def _expectations(gx: Any, name: str) -> list[Any]:
    e = gx.expectations
    if name == "landing":
        return [
            e.ExpectColumnValuesToBeBetween(column="reject_rate", max_value=MOST_REJECTED, severity="critical"),
            e.ExpectColumnValuesToBeBetween(column="ratio", min_value=RATIO[0], max_value=RATIO[1], severity="warning"),
        ]
    return [
        e.ExpectColumnValuesToBeBetween(column="lowest", min_value=0, severity="critical"),
        e.ExpectColumnValuesToBeBetween(column="highest", max_value=1, severity="critical"),
        e.ExpectColumnValuesToBeBetween(column="null_rate", max_value=0, severity="critical"),
        e.ExpectColumnValuesToBeBetween(column="psi", max_value=LARGEST_PSI, severity="warning"),
    ]


def _row(suite: str, result: Any) -> dict[str, Any]:
    configured = result.expectation_config
    kept = {k: v for k, v in configured.kwargs.items() if k in ("column", "min_value", "max_value")}
    return {"suite": suite, "expectation": f"{configured.type}({kept.get('column')})", "success": bool(result.success),
            "severity": configured.severity.value, "detail": json.dumps(
                {**kept, "unexpected": result.result.get("partial_unexpected_list", [])[:5]}, default=str)}


def main() -> None:
    """`python -m orchestration.quality.run HOME DATE`: the results as JSON on the last line of stdout."""
    home, day = sys.argv[1:3]
    print("\n" + json.dumps(run(settings.load(Path(home)), date.fromisoformat(day))))


if __name__ == "__main__":
    main()
