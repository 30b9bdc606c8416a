"""What `kehu doctor` looks at: versions, paths, locks, free disk, stale store; each with its fix."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from features import clock, settings, warehouse
from features.errors import KehuError
from features.settings import Settings
from features.state import opened

PINNED = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "streamlit", "scikit-learn", "great-expectations")
LEAST_FREE = 2 * 1024**3


def run(home: Path | None) -> list[dict[str, Any]]:
    """Rows `{check, ok, detail, fix}`; a folder that is no home yields the rows that need none."""
    rows = list(_environment())
    try:
        found = settings.load(home)
    except KehuError as none:
        return [*rows, _row("home", False, none.message, none.fix)]
    rows.append(_row("home", True, str(found.home)))
    return rows + list(_home(found))


def _row(check: str, ok: bool, detail: str, fix: str = "") -> dict[str, Any]:
    return {"check": check, "ok": ok, "detail": detail, "fix": "" if ok else fix}


def _environment() -> Iterator[dict[str, Any]]:
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield _row("python", ok, sys.version.split()[0], "use Python 3.11 to 3.13")
    wanted = _pins()
    for name in PINNED:
        have = metadata.version(name)
        yield _row(name, wanted.get(name, have) == have, f"{have}, locked {wanted.get(name, '?')}", "make setup")


def _pins() -> dict[str, str]:
    pins = {}
    for line in (settings.ROOT / "requirements.lock").read_text().splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            name, _, rest = line.partition("==")
            pins[name.strip()] = rest.split()[0].split(";")[0].rstrip("\\").strip()
    return pins


def _home(found: Settings) -> Iterator[dict[str, Any]]:
    yield _row("writable", os.access(found.home, os.W_OK), str(found.home), "give this user the folder")
    free = shutil.disk_usage(found.home).free
    store = _store_size(found)
    need = max(LEAST_FREE, 3 * store)
    yield _row("free disk", free >= need, f"{free / 1e9:.1f} GB free, {need / 1e9:.1f} GB wanted",
               "kehu store gc --keep 2 --history, or a larger disk")
    yield _lock(found)
    state = _state(found)
    yield state
    yield _store(found)
    if state["ok"]:
        yield _history(found)


def _store_size(found: Settings) -> int:
    build_id = warehouse.current_build(found)
    path = found.published / str(build_id) / "store.duckdb"
    return path.stat().st_size if path.is_file() else 0


def _lock(found: Settings) -> dict[str, Any]:
    try:
        with FileLock(found.locks / "writer.lock", timeout=0):
            return _row("writer lock", True, "free")
    except Timeout:
        return _row("writer lock", True, "held: a night is running")
    except OSError as refused:
        return _row("writer lock", False, f"{refused.filename}: {refused.strerror}", "give this user the folder")


def _state(found: Settings) -> dict[str, Any]:
    try:
        with opened(found) as state:
            verdict = str((state.one("pragma quick_check") or {}).get("quick_check"))
    except (sqlite3.DatabaseError, KehuError) as broken:
        verdict = str(broken)
    return _row("state.db", verdict == "ok", verdict, "kehu restore from the newest backup")


def _store(found: Settings) -> dict[str, Any]:
    from features import store

    build_id = warehouse.current_build(found)
    if build_id is None:
        return _row("published store", False, "nothing is published", "kehu nightly")
    as_of = date.fromisoformat(store.build_json(found)["as_of_date"])
    if (found.home / "demo.json").is_file():
        return _row("published store", True, f"{build_id}, a demo bank")
    age = (clock.last_business_date() - as_of).days
    return _row("published store", age <= 1, f"{build_id}, {age} day(s) old", "kehu nightly; look at its failed checks")


def _history(found: Settings) -> dict[str, Any]:
    """Nothing is wrong where history is past retention: nights delete nothing unless told to, and pins may need it tomorrow."""
    from orchestration.publish import retention

    with opened(found) as state:
        ruled = retention.rulings(found, state)
    named = [ruling for ruling in ruled if ruling.reason == retention.NAMED]
    past = [ruling for ruling in ruled if not ruling.is_kept]
    detail = f"{len(ruled)} dates, {_gigabytes(ruled)}"
    if past:
        detail += f"; past retention {len(past)} dates, {_gigabytes(past)}: kehu store gc --history"
    if named:
        detail += f"; {len(named)} dates, {_gigabytes(named)} more once no build on disk names them"
    return _row("history", True, detail)


def _gigabytes(ruled: Sequence[Any]) -> str:
    return f"{sum(ruling.size for ruling in ruled) / 1e9:.2f} GB"
