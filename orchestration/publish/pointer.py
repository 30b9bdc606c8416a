"""The pointer CURRENT: swapped atomically, never backwards, except by a rollback that a person asks for."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock

from features import files, warehouse
from features.errors import CheckFailed, KehuError
from features.settings import Settings
from features.state import State


def next_build_id(settings: Settings, state: State, as_of_date: str) -> tuple[str, int]:
    """`b<date>-<nn>` with the next number of that date, and that number."""
    last = state.one("select max(sequence) as n from build where as_of_date = ?", [as_of_date])
    number = int(str((last or {}).get("n") or 0)) + 1
    while (settings.published / _name(as_of_date, number)).exists():
        number += 1
    return _name(as_of_date, number), number


def _name(as_of_date: str, number: int) -> str:
    return f"b{as_of_date.replace('-', '')}-{number:02d}"


def swap(settings: Settings, staged: Path, build_id: str) -> None:
    """Moves the audited folder to its name and points CURRENT at it, unless a newer build is in service."""
    files.sync(staged / "store.duckdb")
    with FileLock(settings.locks / "publish.lock"):
        former = warehouse.current_build(settings)
        if former is not None and former >= build_id:
            raise CheckFailed(f"build {former} in service is not older than {build_id}", "kehu store versions")
        os.replace(staged, settings.published / build_id)
        files.sync(settings.published)
        files.write_text(settings.published / "CURRENT", build_id + "\n")


def versions(settings: Settings, state: State) -> list[dict[str, Any]]:
    """Published builds that are still on disk, oldest first."""
    current = warehouse.current_build(settings)
    rows = state.rows("select * from build order by as_of_date, sequence")
    return [
        {"build_id": r["build_id"], "as_of_date": r["as_of_date"], "published_at": r["published_at"],
         "is_current": r["build_id"] == current, "checksum": r["checksum"]}
        for r in rows if (settings.published / str(r["build_id"]) / "store.duckdb").is_file()
    ]


def rollback(settings: Settings, build_id: str) -> str | None:
    """Points CURRENT at a former build; returns the one that was in service."""
    if not (settings.published / build_id / "store.duckdb").is_file():
        raise KehuError(f"there is no build {build_id}", "kehu store versions")
    with FileLock(settings.locks / "publish.lock"):
        former = warehouse.current_build(settings)
        files.write_text(settings.published / "CURRENT", build_id + "\n")
    return former


def superseded(settings: Settings, state: State, keep: int) -> list[str]:
    """All builds on disk but the newest `keep` and the one in service, oldest first."""
    if keep < 1:
        raise KehuError(f"--keep {keep} would delete the build in service", "keep at least 1")
    on_disk = [str(found["build_id"]) for found in versions(settings, state)]
    kept = {*on_disk[-keep:], warehouse.current_build(settings)}
    return [build_id for build_id in on_disk if build_id not in kept]


def collect(settings: Settings, state: State, keep: int) -> list[str]:
    """Deletes superseded builds and what stopped runs left; call it under the writer lock, which guards a night's own stage."""
    gone = superseded(settings, state, keep)
    for build_id in gone:
        shutil.rmtree(settings.published / build_id)
    for stale in settings.published.glob(".stage-*"):
        shutil.rmtree(stale)
    return gone


def build_record(settings: Settings, build_id: str) -> dict[str, Any]:
    """build.json of one published build."""
    found: dict[str, Any] = json.loads((settings.published / build_id / "build.json").read_text())
    return found
