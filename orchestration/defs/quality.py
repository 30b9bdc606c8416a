"""Great Expectations on landing profiles and scores, as an asset with one check per suite and its data docs."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import dagster as dg

from features.settings import ROOT
from orchestration.defs import graph
from orchestration.partitions import business_dates
from orchestration.resources import HomeResource

KEY = dg.AssetKey(["quality", "profiles"])
SUITES = ("landing", "scores")
SPEC = dg.AssetSpec(
    KEY, group_name="g6_scores", owners=[graph.OWNERS["data"]], partitions_def=business_dates,
    deps=[dg.AssetKey(["state", "model_score"]), dg.AssetKey(["control", "file_ledger"])],
    description="Distributions of landing data and drift of scores; data docs in the home's quality folder.")


@dg.multi_asset(name="quality", specs=[SPEC], pool=graph.POOL,
                check_specs=[dg.AssetCheckSpec(f"{suite}_profile", asset=KEY) for suite in SUITES])
def quality(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
    """Warnings never stop a night; a broken expectation is shown on the check and in the data docs."""
    with home.night(context) as night:
        results = _run(str(night.settings.home), str(night.built.to_date))
        for item in results:
            night.note(f"{item['suite']}: {item['expectation']}", "quality", "passed" if item["success"] else "warned",
                       item["detail"])
    yield dg.MaterializeResult(asset_key=KEY, metadata={
        "dagster/row_count": len(results), "checksum": _checksum(results), "docs": "quality/gx/uncommitted/data_docs"})
    for suite in SUITES:
        failed = [r["expectation"] for r in results if r["suite"] == suite and not r["success"]]
        yield dg.AssetCheckResult(asset_key=KEY, check_name=f"{suite}_profile", passed=not failed,
                                  severity=dg.AssetCheckSeverity.WARN, metadata={"failed": ", ".join(failed)})


def _checksum(results: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()


def _run(home: str, day: str) -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-m", "orchestration.quality.run", home, day], capture_output=True, text=True,
                          cwd=ROOT)
    if done.returncode:
        raise dg.Failure(f"the quality run stopped: {done.stderr.strip().splitlines()[-1:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
