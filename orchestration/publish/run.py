"""Write, audit, publish: from the build database to the pointer."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from features import clock, files, scores, warehouse
from features.errors import CheckFailed
from features.settings import ROOT, Settings
from features.state import State
from orchestration.control import BuildRange
from orchestration.dbt_build import Dbt
from orchestration.publish import feedback, history, pointer, retention, store


@dataclass(frozen=True)
class Published:
    """The build that readers see now, and what the audit looked at."""

    build_id: str
    checksum: str
    checks: list[dict[str, str]]


def run(
    settings: Settings, state: State, built: BuildRange, checks: list[dict[str, str]], seconds: dict[str, float],
    dbt: Dbt,
) -> Published:
    """Publishes the build database as of `built.to_date`; raises CheckFailed when the audit fails."""
    as_of = built.to_date.isoformat()
    build_id, sequence = pointer.next_build_id(settings, state, as_of)
    staged = _empty(settings.published / f".stage-{build_id}")
    try:
        published_at = clock.now()
        champions = scores.champions(settings, state)
        written = history.write(settings, list(built.snapshot_dates()), build_id, _former_history(settings), champions)
        snapshots = retention.still_named(settings, state, written, built.to_date)
        _fill(settings, state, built, staged, dbt, {"build_id": build_id, "published_at": published_at,
                                                    "history": snapshots, "checks": checks, "seconds": seconds})
        found = _audit(settings, staged / "store.duckdb", as_of)
        record = {"build_id": build_id, "as_of_date": as_of, "published_at": published_at.isoformat(timespec="seconds"),
                  "checksum": found["checksum"], "tables": found["tables"], "history": snapshots}
        files.write_text(staged / "build.json", json.dumps(record, indent=1))
        state.insert("build", {"build_id": build_id, "as_of_date": as_of, "sequence": sequence, "is_kept": 1,
                               "published_at": record["published_at"], "checksum": found["checksum"]})
        pointer.swap(settings, staged, build_id)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    pointer.collect(settings, state, settings.keep_builds)
    return Published(build_id, str(found["checksum"]), found["checks"])


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _former_history(settings: Settings) -> dict[str, str]:
    former = warehouse.current_build(settings)
    return dict(pointer.build_record(settings, former)["history"]) if former else {}


def _fill(
    settings: Settings, state: State, built: BuildRange, staged: Path, dbt: Dbt, build: dict[str, Any]
) -> None:
    from features import catalog
    from models import registry

    target = staged / "store.duckdb"
    champions = scores.champions(settings, state)
    customers = store.write(settings, target, store.published_tables(dbt.manifest), built.to_date, champions)
    row = {"build_id": build["build_id"], "as_of_date": built.to_date, "from_date": built.from_date,
           "published_at": build["published_at"], "kehu_version": metadata.version("kehu"),
           "duckdb_version": metadata.version("duckdb"), "customers": customers,
           "history": json.dumps(build["history"])}
    catalogue = catalog.catalogue_rows(dbt.manifest, [plugin.folder for plugin in registry.plugged(settings, state)],
                                       settings.strategies, settings.segments, settings.source)
    store.write_meta(settings, target, row, build["checks"], build["seconds"], state, catalogue)
    in_service = warehouse.current_build(settings)
    feedback.write(settings, target, catalogue, settings.published / in_service / "store.duckdb" if in_service else None)
    warehouse.assert_no_wal(target)


def _audit(settings: Settings, target: Path, as_of: str) -> dict[str, Any]:
    former = warehouse.current_build(settings)
    customers = pointer.build_record(settings, former)["tables"]["customer.dim_customer"] if former else ""
    done = subprocess.run([sys.executable, "-m", "orchestration.publish.audit", str(target), as_of, str(customers)],
                          capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise CheckFailed(f"the audit of the new store stopped: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    failed = [c for c in found["checks"] if c["status"] == "failed"]
    if failed:
        raise CheckFailed("; ".join(f"{c['check']}: {c['detail']}" for c in failed), "the former build stays in service")
    return found
