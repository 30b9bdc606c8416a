"""The ingest ledger of one source (state.db ingest_file): what was read, and what became of it."""

import hashlib
import re
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from features import clock
from features.state import State
from orchestration.ingest.landing import LandingFile

LOADED, QUARANTINED, DUPLICATE = "loaded", "quarantined", "duplicate"
DECLARED_VERSION = re.compile(r"\.v(\d{1,4})\.")
UNBUILT = "select to_date from night where status in ('running', 'failed')"
BUILT = "select to_date from night where status in ('published', 'built')"


@dataclass(frozen=True)
class Entry:
    """One row of ingest_file; dates as ISO text, as stored."""

    file_id: str
    source: str
    entity: str
    file_name: str
    sha256: str
    delivery_date: str
    business_from: str | None
    business_to: str | None
    file_version: int
    known_from: str | None
    known_to: str | None
    event_from: str | None
    event_to: str | None
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    status: str
    reason: str | None
    is_history: int
    night: str
    recorded_at: str
    raw_path: str | None
    contract_hash: str
    size_bytes: int
    modified_ns: int

    @property
    def declared_version(self) -> int:
        """The version in the file name; `file_version` is higher when a file was changed without a new name."""
        match = DECLARED_VERSION.search(self.file_name)
        return int(match[1]) if match else 1

    def overlaps(self, first: date, last: date) -> bool:
        """True when rows of business dates between two dates may be in the raw file."""
        return bool(self.raw_path) and str(self.event_from) <= last.isoformat() and str(self.event_to) >= first.isoformat()


def file_id(entity: str, sha256: str, version: int, file: LandingFile) -> str:
    """Identity of one delivered content in one role, the same in every home."""
    role = f"{entity}|{sha256}|{version}|{file.business_from}|{file.business_to}"
    return hashlib.sha256(role.encode()).hexdigest()[:16]


def entry(source: str, file: LandingFile, night: date, sha256: str, status: str, **found: Any) -> Entry:
    """An entry for a file, with what its name says filled in."""
    stat = file.path.stat()
    values: dict[str, Any] = {
        "source": source, "entity": file.entity, "file_name": file.name, "sha256": sha256,
        "delivery_date": file.delivery.isoformat(), "business_from": _iso(file.business_from),
        "business_to": _iso(file.business_to), "file_version": file.version, "known_from": None, "known_to": None,
        "event_from": None, "event_to": None, "rows_read": 0, "rows_loaded": 0, "rows_rejected": 0,
        "status": status, "reason": None, "is_history": int(file.is_history), "night": night.isoformat(),
        "recorded_at": clock.stamp(), "raw_path": None, "contract_hash": "", "size_bytes": stat.st_size,
        "modified_ns": stat.st_mtime_ns, **found,
    }
    values.setdefault("file_id", file_id(file.entity, sha256, int(values["file_version"]), file))
    return Entry(**values)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


class Ledger:
    """All entries of one source, kept in memory beside the database for the time of a run."""

    def __init__(self, state: State, source: str) -> None:
        self.state, self.source = state, source
        names = ", ".join(field.name for field in fields(Entry))
        rows = state.rows(f"select {names} from ingest_file where source = ? order by night, file_version, file_name", [source])
        self.entries = [Entry(**row) for row in rows]  # type: ignore[arg-type]
        self._index()

    def _index(self) -> None:
        self._by_name: dict[str, Entry] = {}
        self._by_content: dict[str, list[Entry]] = {}
        self._newest: dict[tuple[object, ...], Entry] = {}
        for found in self.entries:
            self._remember(found)

    def _remember(self, found: Entry) -> None:
        self._by_name[found.file_name] = found
        if found.status == LOADED:
            self._by_content.setdefault(found.sha256, []).append(found)
            role = (found.entity, found.business_from, found.business_to)
            newest = self._newest.get(role)
            if newest is None or found.file_version > newest.file_version:
                self._newest[role] = found

    def is_settled(self, file: LandingFile) -> bool:
        """True when this very file (name, size, time of change) was loaded or found a duplicate before."""
        known = self._by_name.get(file.name)
        if known is None or known.status == QUARANTINED:
            return False
        stat = file.path.stat()
        return (known.size_bytes, known.modified_ns) == (stat.st_size, stat.st_mtime_ns)

    def same_content(self, file: LandingFile, sha256: str) -> Entry | None:
        """The loaded file of which this one is a copy; None for new content and for a return to an older version."""
        for known in self._by_content.get(sha256, []):
            is_same_role = (known.business_from, known.business_to) == (_iso(file.business_from), _iso(file.business_to))
            newest = self.newest(file)
            if known.rows_read == 0 and not is_same_role:
                continue
            if is_same_role and newest and newest.sha256 != sha256 and file.version > newest.file_version:
                continue
            return known
        return None

    def newest(self, file: LandingFile) -> Entry | None:
        """The loaded entry of the highest version for the same entity and business dates (dated sources only)."""
        if file.business_to is None:
            return None
        return self._newest.get((file.entity, _iso(file.business_from), _iso(file.business_to)))

    def loaded(self, entity: str) -> list[Entry]:
        return [found for found in self.entries if found.status == LOADED and found.entity == entity]

    def of_night(self, night: date) -> list[Entry]:
        return [found for found in self.entries if found.night == night.isoformat()]

    def is_noted(self, new: Entry) -> bool:
        """True when the same verdict on the same content stands in the ledger already."""
        known = self._by_name.get(new.file_name)
        return known is not None and (known.sha256, known.status, known.reason) == (new.sha256, new.status, new.reason)

    def commit(self, entries: list[Entry], rejects: list[dict[str, object]]) -> None:
        """Writes entries and their rejected rows in one transaction."""
        if not entries:
            return
        with self.state.transaction() as connection:
            for found in entries:
                connection.execute("delete from ingest_reject where file_id = ? and source = ?", [found.file_id, self.source])
            self.state.insert_many("ingest_file", [vars(found) for found in entries], replace=True)
            self.state.insert_many("ingest_reject", rejects)
        replaced = {(e.entity, e.file_id, e.file_name, e.night) for e in entries}
        self.entries = [e for e in self.entries if (e.entity, e.file_id, e.file_name, e.night) not in replaced] + entries
        for found in entries:
            self._remember(found)

    def is_first_run(self, to_date: date) -> bool:
        """True when no earlier night loaded anything (a night that failed or was killed does not count)."""
        found = self.state.one(
            f"select 1 from ingest_file where source = ? and status = 'loaded' and night < ? and night not in ({UNBUILT})",
            [self.source, to_date.isoformat()])
        return found is None

    def earliest_unbuilt(self, to_date: date) -> str | None:
        """The earliest knowledge date among files of nights that no published build holds yet."""
        found = self.state.one(
            f"select min(known_from) as first from ingest_file where source = ? and status = 'loaded'"
            f" and known_from <= ? and night not in ({BUILT})", [self.source, to_date.isoformat()])
        return str(found["first"]) if found and found["first"] else None
