"""Binds kept dates into volumes: a copy sorted by customer, made beside the files it repeats and named when it is complete."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from datetime import date
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from filelock import FileLock

from features import files, tag_history, tag_volumes, warehouse
from features.settings import Settings
from features.tag_history import Version
from features.warehouse import Connection

DATES = 10
"""A volume's dates; a customer's past costs one look into each volume and one into each date that is not bound yet."""
CUSTOMERS = 8192
"""A file's customers; a file is small, so that its footer is."""
FILES_AT_ONCE = 4
"""Files made from one reading of the days, whose row groups hold as many customers; memory does not grow with the bank."""
FORM = "format parquet, compression zstd, row_group_size 8192"


def bind(settings: Settings, report: Callable[[str], None] = lambda line: None) -> list[dict[str, Any]]:
    """Binds what is due; `[{volume, from_date, to_date, dates, bytes}]`. Readers go on meanwhile; a second binder waits for the first."""
    with _lock(settings):
        return [_bind(settings, versions, report) for versions in due(settings)]


def bind_after_night(settings: Settings, report: Callable[[str], None]) -> None:
    """Binds what is due; a fault is told and leaves the night published: without the copy every answer is the same, only later."""
    try:
        bind(settings, report)
    except (OSError, warehouse.Error) as fault:
        report(f"history is not bound: {' '.join(str(fault).split())[:300]} -> kehu store compact")


def _lock(settings: Settings) -> FileLock:
    return FileLock(settings.locks / "volumes.lock")


def collect(settings: Settings) -> list[str]:
    """Deletes outdated volumes and what a stopped run left behind; what an outdated one held of kept dates is bound anew."""
    with _lock(settings):
        index, gone = tag_volumes.index(settings), outdated(settings)
        kept = {name: volume for name, volume in index.items() if name not in gone}
        if gone:
            tag_volumes.write_index(settings, kept)
        for path in tag_volumes.folder(settings).glob("*"):
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path)
    return gone


def outdated(settings: Settings, without: Collection[date] = ()) -> list[str]:
    """Volumes of which less than half is some date's newest version (`without`: as if these dates were gone)."""
    current = {found.key for found in _newest(settings) if found.as_of_date not in without}
    return sorted(name for name, volume in tag_volumes.index(settings).items()
                  if 2 * len(current & set(volume.held.items())) < len(volume.held))


def due(settings: Settings) -> list[list[Version]]:
    """Runs of dates of the same columns that are in no volume yet: full ones, and shorter ones that later columns closed."""
    newest = _newest(settings)
    bound = tag_volumes.bound(settings)
    loose = [found for found in newest if found.key not in bound]
    if len(loose) < DATES:
        return []
    with warehouse.memory() as connection:
        runs = [list(run) for _, run in groupby(loose, key=lambda found: _columns(connection, found))]
    chunks = [(run[first:first + DATES], run is runs[-1]) for run in runs for first in range(0, len(run), DATES)]
    return [chunk for chunk, is_open in chunks if len(chunk) == DATES or (not is_open and len(chunk) > 1)]


def _newest(settings: Settings) -> list[Version]:
    """The version of every kept date before the one in service, whose night may run again."""
    build = warehouse.current_build(settings)
    in_service = tag_history.business_date(build) if build else None
    return [tag_history.version(settings, day) for day in tag_history.kept_dates(settings) if in_service and day < in_service]


def _columns(connection: Connection, version: Version) -> list[Any]:
    return connection.execute(f"describe select * from read_parquet('{version.path}')").fetchall()


def _bind(settings: Settings, versions: Sequence[Version], report: Callable[[str], None]) -> dict[str, Any]:
    held = dict(version.key for version in versions)
    first, last = min(held), max(held)
    name = f"{first}--{last}--{hashlib.sha256(json.dumps(held).encode()).hexdigest()[:8]}"
    report(f"binding {len(held)} dates, {first} to {last}")
    made, target = tag_volumes.folder(settings) / f".{name}", tag_volumes.folder(settings) / name
    for stale in (made, target):
        if stale.exists():
            shutil.rmtree(stale)
    made.mkdir(parents=True)
    cuts = _fill(made, [str(version.path) for version in versions])
    for path in made.iterdir():
        files.sync(path)
    files.sync(made)
    os.replace(made, target)
    files.sync(target.parent)
    tag_volumes.write_index(settings, {**tag_volumes.index(settings), name: tag_volumes.Volume(held, cuts)})
    size = sum(path.stat().st_size for path in target.iterdir())
    return {"volume": name, "from_date": first, "to_date": last, "dates": len(held), "bytes": size}


def _fill(target: Path, paths: list[str]) -> list[str]:
    """Writes the volume's files; the first customer of every file but the first."""
    connection = warehouse.memory()
    try:
        cuts = _cuts(connection, paths[-1])
        for first in range(0, len(cuts) + 1, FILES_AT_ONCE):
            bounds = [None, *cuts, None][first:first + FILES_AT_ONCE + 1]
            connection.execute(f"create or replace temp table part as from read_parquet({paths}) where {_between(bounds[0], bounds[-1])}")
            for number, (low, high) in enumerate(pairwise(bounds), first):
                connection.execute(f"copy (from part where {_between(low, high)} order by customer_id, as_of_date)"
                                   f" to '{target / tag_volumes.file_name(number)}' ({FORM})")
        return cuts
    finally:
        connection.close()


def _cuts(connection: Connection, newest: str) -> list[str]:
    """Every n-th customer of the newest day; who came or went since lies between two cuts all the same."""
    rows = connection.execute(f"select customer_id from (select customer_id, row_number() over (order by customer_id) - 1 as place"
                              f" from read_parquet('{newest}')) where place > 0 and place % {CUSTOMERS} = 0 order by place").fetchall()
    return [str(row[0]) for row in rows]


def _between(low: str | None, high: str | None) -> str:
    bounds = [(">=", low), ("<", high)]
    return " and ".join(f"customer_id {sign} '{cut.replace(chr(39), 2 * chr(39))}'" for sign, cut in bounds if cut is not None) or "true"
