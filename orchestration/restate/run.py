"""`kehu restate`: rebuild, compare, and put the new versions in place in one step; the old ones stay."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

from features import clock, export_log, files, locks, scores, tag_history, warehouse
from features.disclosure import hidden
from features.errors import KehuError
from features.settings import Settings
from features.state import opened
from orchestration.restate import compare, knowledge, rebuild


def run(settings: Settings, first: date, last: date | None = None, reason: str = "", is_dry_run: bool = False,
        report: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """New versions of the kept dates in `[first, last]` (default: up to the date before the one in service).

    `{items: [{as_of_date, status, build_id, former_build_id, customer_count, changed_count, …, tags}], count, rows, …}`. Nothing
    of the build database is touched: nights and readers go on meanwhile.
    """
    with lock(settings):
        dates, base = _dates(settings, first, last)
        return _restate(settings, dates, base, reason, is_dry_run, report)


def lock(settings: Settings) -> AbstractContextManager[None]:
    """Held while versions of kept dates are made beside the nights. Raises WriterBusy when held."""
    return locks.held(settings.locks / "restate.lock", "a restatement of this home is at work")


def _dates(settings: Settings, first: date, last: date | None) -> tuple[list[date], str]:
    """The dates to restate, and the build in service."""
    base = warehouse.current_build(settings)
    if base is None:
        raise KehuError("nothing is published in this home yet", "kehu nightly")
    in_service = tag_history.business_date(base)
    if last is not None and last < first:
        raise KehuError(f"--to {last} is before --from {first}", "give the earlier date to --from")
    kept = [day for day in tag_history.kept_dates(settings) if first <= day < in_service and (last is None or day <= last)]
    if not kept:
        raise KehuError(f"no tags are kept of a date from {first} to {last or 'the one'} before {in_service}, the date in service",
                        "the date in service is mended by running its night again: kehu nightly --date " + in_service.isoformat())
    return kept, base


def _restate(settings: Settings, dates: list[date], base: str, reason: str, is_dry_run: bool,
             report: Callable[[str], None]) -> dict[str, Any]:
    place, restatement_id = rebuild.scratch(settings), _next_id(settings, base)
    known_to, now = tag_history.business_date(base), compare.catalogue(settings, base)
    try:
        with opened(settings) as state:
            report(f"restating {len(dates)} dates, {dates[0]} to {dates[-1]}")
            rebuild.tags(settings, place, rebuild.dates_needed(settings, state, dates[-1]), known_to)
            made = place.home / restatement_id
            made.mkdir()
            champions = scores.champions(settings, state)
            items = []
            for day in dates:
                rebuild.write(settings, place, state, day, made / f"{day}.parquet", champions)
                with warehouse.build(place) as connection:
                    learnt = knowledge.learnt_later(settings, connection, day, known_to)
                items.append(_compared(settings, day, made, now, learnt))
        document = _document(restatement_id, base, reason, is_dry_run, items)
        if not is_dry_run and any(item["status"] == "restated" for item in items):
            _put(settings, made, document)
        return document
    finally:
        shutil.rmtree(place.home, ignore_errors=True)


def _next_id(settings: Settings, base: str) -> str:
    numbers = [int(path.name.rpartition("-r")[2]) for path in (settings.history / tag_history.RESTATED).glob(f"{base}-r*")]
    return f"{base}-r{max(numbers, default=0) + 1}"


def _compared(settings: Settings, day: date, made: Path, now: list[dict[str, Any]], learnt: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What differs from the version that readers saw; an equal date is not kept twice. `now` is today's catalogue."""
    former, target = tag_history.version(settings, day), made / f"{day}.parquet"
    found = compare.dates(former.path, target)
    then = {row["id"]: row["version"] for row in compare.catalogue(settings, former.base)}
    tags = compare.explained(found, {row["id"]: row["sources"] for row in now}, {row["id"]: row["version"] for row in now}, then, learnt)
    is_changed = bool(tags or found["added_count"] or found["removed_count"])
    if not is_changed:
        target.unlink()
    changed = hidden({"changed_count": found["changed_count"]}, "changed_count")
    return {"as_of_date": day, "status": "restated" if is_changed else "unchanged",
            "build_id": made.name if is_changed else former.version_id, "former_build_id": former.version_id,
            "customer_count": found["customer_count"], **changed, "added_count": found["added_count"],
            "removed_count": found["removed_count"], "tags": tags, "learnt_later": learnt}


def _document(restatement_id: str, base: str, reason: str, is_dry_run: bool, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"restatement_id": restatement_id, "base_build_id": base, "reason": reason, "who": export_log.user(),
            "recorded_at": clock.stamp(), "is_dry_run": is_dry_run, "items": items, "count": len(items)}


def _put(settings: Settings, made: Path, document: dict[str, Any]) -> None:
    """One rename makes all dates visible together."""
    files.write_text(made / "restatement.json", json.dumps(document, indent=1, ensure_ascii=False, default=str))
    for path in made.glob("*.parquet"):
        files.sync(path)
    target = settings.history / tag_history.RESTATED / made.name
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, target)
    files.sync(target.parent)
