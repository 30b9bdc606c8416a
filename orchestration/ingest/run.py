"""A run of the gate: everything delivered for one source up to a date becomes raw Parquet and ledger entries."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.errors import KehuError
from features.settings import Settings
from features.state import opened
from features.warehouse import Connection
from orchestration.ingest import arrivals, contract, landing, raw
from orchestration.ingest.contract import Entity, Source
from orchestration.ingest.gate import Gate
from orchestration.ingest.knowledge import RunDates
from orchestration.ingest.ledger import LOADED, QUARANTINED, Ledger

UNKNOWN = "unknown"
FARTHEST_DAYS = 31
"""A night so far beyond everything delivered is a slip of the pen, not a late bank."""


@dataclass
class IngestResult:
    """What the ledger says about the night; `rows` has every declared entity."""

    rows: dict[str, dict[str, int]]
    load_from_date: date
    files: list[str] = field(default_factory=list)
    quarantined: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    blocking: list[str] = field(default_factory=list)


def check_source(name: str) -> None:
    """Raises KehuError for a source that is not declared."""
    contract.load(name)


def refuse_unreached(settings: Settings, source: str, landing_folder: Path, from_date: date, to_date: date) -> None:
    """Raises KehuError where the files that a night must have end long before `to_date`.

    Such a night can only be blocked, and once noted it would make every later night's lists stale until that date.
    """
    declared = contract.load(source)
    needed = {arrival.entity for arrival in declared.arrivals if arrival.on_late == "block"}
    if (to_date - from_date).days <= FARTHEST_DAYS or declared.naming != "dated" or not needed:
        return
    came = {str(file.business_to) for file in landing.find(declared, landing_folder, from_date, to_date) if file.entity in needed}
    with opened(settings) as state:
        came |= {str(entry.business_to) for name in needed for entry in Ledger(state, source).loaded(name)}
    newest = date.fromisoformat(max(came)) if came else None
    if newest is None or (to_date - newest).days > FARTHEST_DAYS:
        raise KehuError(f"{to_date} is more than {FARTHEST_DAYS} days after the newest {' and '.join(sorted(needed))} file"
                        f" ({newest or 'there is none'})", f"look at the date, and at the files in {landing_folder}")


def run(
    settings: Settings, source: str, landing_folder: Path, from_date: date, to_date: date, connection: Connection
) -> IngestResult:
    """Loads what was delivered up to `to_date` and is not loaded yet; needs the writer lock.

    Raises KehuError for an unknown source, a missing folder or a range that ends before it begins.
    """
    if to_date < from_date:
        raise KehuError(f"the range {from_date} to {to_date} ends before it begins")
    declared = contract.load(source)
    files = [*landing.find(declared, landing_folder, from_date, to_date),
             *landing.find_feedback(declared, settings, landing_folder, from_date, to_date)]
    with opened(settings) as state:
        ledger = Ledger(state, source)
        raw.sweep(settings, source, {entry.raw_path for entry in ledger.entries if entry.raw_path})
        dates = RunDates(from_date, to_date, ledger.is_first_run(to_date))
        for entity in [*declared.entities, _unknown(source)]:
            chosen = [file for file in files if file.entity == entity.name]
            if chosen:
                Gate(settings, connection, declared, entity, dates, ledger, _learnt_from(entity, ledger, from_date)).load(chosen)
        return _result(declared, ledger, dates)


def _unknown(source: str) -> Entity:
    """Files whose name names no entity: duplicates of loaded ones, or quarantined."""
    return Entity(source, UNKNOWN, "snapshot", (), None, None, None, "", (), "")


def _learnt_from(entity: Entity, ledger: Ledger, from_date: date) -> date:
    """Business date of undated rows: the first one of the entity that dates them, at most the run's."""
    dated = [entry.event_from for entry in ledger.loaded(entity.learnt_with or "") if entry.event_from]
    return min([from_date, *map(date.fromisoformat, dated)])


def _result(source: Source, ledger: Ledger, dates: RunDates) -> IngestResult:
    entries = sorted(ledger.of_night(dates.to_date), key=lambda entry: (entry.entity, entry.file_name))
    rows = {entity.name: {"read": 0, "loaded": 0, "rejected": 0} for entity in source.entities}
    for entry in entries:
        if entry.entity in rows:
            counts = rows[entry.entity]
            counts["read"] += entry.rows_read
            counts["loaded"] += entry.rows_loaded
            counts["rejected"] += entry.rows_rejected
    came = arrivals.check(source, ledger, dates.from_date, dates.to_date)
    earliest = ledger.earliest_unbuilt(dates.to_date)
    first = min(dates.from_date, date.fromisoformat(earliest)) if earliest else dates.from_date
    return IngestResult(
        rows, first, [entry.file_name for entry in entries if entry.status == LOADED],
        [(entry.file_name, str(entry.reason)) for entry in entries if entry.status == QUARANTINED],
        came.missing, came.blocking)
