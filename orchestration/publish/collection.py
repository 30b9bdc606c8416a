"""Frees disk: superseded builds, dates of history past retention, volumes that mostly repeat what is gone."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from features import files, tag_history, warehouse
from features.errors import KehuError
from features.settings import Settings
from features.state import State, opened
from orchestration import restate
from orchestration.publish import pointer, retention, volumes
from orchestration.publish.retention import Ruling


def collect(settings: Settings, keep: int, is_history: bool = False, is_dry_run: bool = False) -> dict[str, Any]:
    """`{is_dry_run, deleted, count, deleted_volumes}` of builds; with history also `as_of_date, deleted_dates, deleted_bytes,
    reasons, pinned`, over all dates on disk.

    Nobody writes or restates meanwhile (WriterBusy); readers go on, since no build on disk names a date that goes.
    """
    with _alone(settings, is_dry_run), opened(settings) as state:
        gone = pointer.superseded(settings, state, keep)
        ruled = retention.rulings(settings, state, gone) if is_history else []
        told = _told(settings, ruled) if is_history else {}
        past = [ruling for ruling in ruled if not ruling.is_kept]
        stale = volumes.outdated(settings, {ruling.as_of_date for ruling in past})
        if not is_dry_run:
            _delete(settings, state, keep, past)
    return {"is_dry_run": is_dry_run, "deleted": gone, "count": len(gone), "deleted_volumes": stale, **told}


def after_night(settings: Settings, report: Callable[[str], None]) -> None:
    """What is done for history once a night is published: retention where the home asks for it, then binding.

    A fault is told and leaves the night published: `kehu store gc --history` and `kehu store compact` do the same later.
    """
    if settings.history_gc_at_night:
        try:
            found = collect(settings, settings.keep_builds, is_history=True)
            report(f"{len(found['deleted_dates'])} dates were past retention: {found['deleted_bytes'] / 1e6:.1f} MB freed")
        except (KehuError, OSError) as fault:
            report(f"history past retention is not deleted: {' '.join(str(fault).split())[:300]} -> kehu store gc --history")
    volumes.bind_after_night(settings, report)


@contextmanager
def _alone(settings: Settings, is_dry_run: bool) -> Iterator[None]:
    if is_dry_run:
        yield
    else:
        with warehouse.writer_lock(settings), restate.lock(settings):
            yield


def _delete(settings: Settings, state: State, keep: int, past: Sequence[Ruling]) -> None:
    """Builds first, then the dates that none of those left names, then the volumes that repeat them."""
    pointer.collect(settings, state, keep)
    for ruling in past:
        _forget(settings, ruling)
    volumes.collect(settings)


def _forget(settings: Settings, ruling: Ruling) -> None:
    """Deletes one date, oldest knowledge first: stopped half-way it answers from what it should, or says that nothing is kept."""
    for version in ruling.versions:
        version.path.unlink()
        files.sync(version.path.parent)
    folder = settings.history / "tags" / ruling.as_of_date.isoformat()
    if folder.is_dir():
        shutil.rmtree(folder)


def _told(settings: Settings, ruled: Sequence[Ruling]) -> dict[str, Any]:
    """What the rulings come to, by reason, and what pins hold that is past retention otherwise."""
    in_service = warehouse.current_build(settings)
    past = [ruling for ruling in ruled if not ruling.is_kept]
    return {
        "as_of_date": tag_history.business_date(in_service) if in_service else None,
        "history_days": settings.history_days, "history_month_ends": settings.history_month_ends,
        "deleted_dates": [ruling.as_of_date for ruling in past], "deleted_bytes": sum(ruling.size for ruling in past),
        "reasons": [_summary(reason, list(of)) for reason, of in groupby(sorted(ruled, key=_by_reason), key=lambda r: r.reason)],
        "pinned": [{"as_of_date": ruling.as_of_date, "bytes": ruling.size, "used_by": list(ruling.used_by)}
                   for ruling in ruled if ruling.reason == retention.PINNED],
    }


def _by_reason(ruling: Ruling) -> tuple[bool, str]:
    return ruling.is_kept, ruling.reason


def _summary(reason: str, ruled: Sequence[Ruling]) -> dict[str, Any]:
    dates = [ruling.as_of_date for ruling in ruled]
    return {"is_kept": ruled[0].is_kept, "reason": reason, "date_count": len(dates), "from_date": min(dates), "to_date": max(dates),
            "version_count": sum(len(ruling.versions) for ruling in ruled), "bytes": sum(ruling.size for ruling in ruled)}
