"""One entity of one source through the gate: files to raw Parquet, ledger entries and quarantine."""

from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from features.settings import Settings
from features.warehouse import Connection
from orchestration.ingest import accepted as loading
from orchestration.ingest import content, control_file, extract, quarantine, raw
from orchestration.ingest import ledger as books
from orchestration.ingest.batch import Batch, Stored
from orchestration.ingest.content import Unacceptable
from orchestration.ingest.contract import Entity, Source
from orchestration.ingest.control_file import Control
from orchestration.ingest.extract import Extract, Reject
from orchestration.ingest.judgement import Verdict, judge
from orchestration.ingest.knowledge import RunDates
from orchestration.ingest.landing import LandingFile
from orchestration.ingest.ledger import Entry, Ledger

BATCH_BYTES = 192 << 20


@dataclass
class Accepted:
    """An extract that may be loaded, with its identity and the loaded file it replaces."""

    extract: Extract
    control: Control | None
    version: int
    file_id: str
    replaces: Entry | None


@dataclass
class Gate:
    """Loads the files of one entity; `pending` holds ledger entries not yet written."""

    settings: Settings
    connection: Connection
    source: Source
    entity: Entity
    dates: RunDates
    ledger: Ledger
    learnt_from: date
    pending: list[Entry] = field(default_factory=list)

    def load(self, files: list[LandingFile]) -> None:
        """Loads files in rounds: versions of one business date, and copies of one content, follow each other."""
        while files:
            files = self._round(files)

    def _round(self, files: list[LandingFile]) -> list[LandingFile]:
        claimed: set[object] = set()
        groups: dict[str, list[Accepted]] = {}
        deferred = []
        for file in files:
            data = self._read(file)
            if data is None:
                continue
            claims = {content.digest(data), (file.business_from, file.business_to) if file.business_to else file.name}
            if claims & claimed:
                deferred.append(file)
                continue
            accepted = self._accept(file, data)
            if accepted is not None:
                claimed |= claims
                form = accepted.extract.form
                groups.setdefault(form, []).append(accepted)
                if sum(item.extract.weight for item in groups[form]) > BATCH_BYTES:
                    self._load_batch(groups.pop(form))
        for group in groups.values():
            self._load_batch(group)
        self._commit([], [])
        return deferred

    def _read(self, file: LandingFile) -> bytes | None:
        """Unpacked bytes, None when the file is settled or cannot be unpacked."""
        try:
            if self.ledger.is_settled(file):
                return None
            return content.unpack(file.path)
        except (Unacceptable, OSError) as broken:
            self._quarantine(file, "", str(broken), 0)
            return None

    def _accept(self, file: LandingFile, data: bytes) -> Accepted | None:
        sha256 = content.digest(data)
        copy_of = self.ledger.same_content(file, sha256)
        if copy_of is not None and copy_of.file_name == file.name and copy_of.night == self.dates.to_date.isoformat():
            return None  # this night's own file, written again: its entry stands
        if copy_of is not None:
            self._note(books.entry(self.source.name, file, self.dates.to_date, sha256, books.DUPLICATE,
                                   reason=f"same content as {copy_of.file_name}"))
            return None
        try:
            return self._examine(file, data, sha256)
        except Unacceptable as broken:
            self._quarantine(file, sha256, str(broken), _rows(file, data) if broken.rows is None else broken.rows)
            return None

    def _examine(self, file: LandingFile, data: bytes, sha256: str) -> Accepted:
        """Name, version, control file, header and structure; raises Unacceptable."""
        if file.problem:
            raise Unacceptable(file.problem)
        newest = self.ledger.newest(file)
        if newest and file.version < newest.declared_version:
            raise Unacceptable(f"version {newest.declared_version} ({newest.file_name}) is loaded already, this is older")
        version = max(file.version, newest.file_version + 1) if newest else file.version
        control = control_file.read(file.control, self.entity)
        found = (extract.read_parquet(self.entity, file, data) if file.ending == ".parquet"
                 else extract.read_text(self.source, self.entity, file, data))
        control_file.check_rows(control, found.rows_read)
        file_id = books.file_id(file.entity, sha256, version, file)
        return Accepted(found, control, version, file_id, newest)

    def _load_batch(self, items: list[Accepted]) -> None:
        """Types and judges rows, writes raw files, then commits the ledger."""
        batch = Batch(self.connection, self.source, self.entity, [item.extract for item in items])
        try:
            batch.type_rows()
        except Unacceptable as broken:
            for item in items:
                self._quarantine(item.extract.file, item.extract.sha256, str(broken), item.extract.rows_read)
            return
        verdict = judge(batch, [item.control for item in items], self._stored(batch, items))
        table = loading.rows(batch, self.dates, [item.file_id for item in items], self.learnt_from)
        entries, rejects = [], []
        for file_no, item in enumerate(items):
            if file_no in verdict.failures:
                self._quarantine(item.extract.file, item.extract.sha256, verdict.failures[file_no],
                                 item.extract.rows_read, verdict.rejects[file_no])
                continue
            entries.append(self._write(item, loading.of_file(table, file_no), verdict, file_no))
            rejects += self._rejected(entries[-1], item.extract, verdict.rejects[file_no])
        batch.close()
        self._commit(entries, rejects)

    def _stored(self, batch: Batch, items: list[Accepted]) -> list[Stored]:
        """Raw files that may hold keys of this batch."""
        span = batch.date_range()
        if not self.entity.is_event or span is None:
            return []
        replaced = {item.replaces.file_id for item in items if item.replaces}
        return [Stored(str(self.settings.home / str(e.raw_path)), e.file_id, e.file_id in replaced)
                for e in self.ledger.loaded(self.entity.name) if e.overlaps(*span)]

    def _write(self, item: Accepted, rows: pa.Table, verdict: Verdict, file_no: int) -> Entry:
        """Raw Parquet of one file (with retractions of the file it replaces) and its ledger entry."""
        loaded = rows.num_rows
        if item.replaces and item.replaces.raw_path and self.entity.is_event:
            old = str(self.settings.home / item.replaces.raw_path)
            back = loading.retractions(
                self.connection, self.entity, self.dates, item.extract.file, item.file_id, old)
            rows = pa.concat_tables([rows, back.cast(rows.schema)])
        written = raw.write(self.settings, self.entity, item.file_id, rows)
        return books.entry(
            self.source.name, item.extract.file, self.dates.to_date, item.extract.sha256, books.LOADED,
            file_id=item.file_id, file_version=item.version, rows_read=item.extract.rows_read, rows_loaded=loaded,
            rows_rejected=len(verdict.rejects[file_no]), reason=verdict.notes.get(file_no),
            contract_hash=self.entity.contract_hash, **written)

    def _rejected(self, entry: Entry, found: Extract, rejects: list[Reject]) -> list[dict[str, object]]:
        rows = [{"file_id": entry.file_id, "source": entry.source, "entity": entry.entity, "line_no": line_no,
                 "reason": reason, "raw_text": found.raw_text(line_no)} for line_no, reason in rejects]
        if rows:
            quarantine.keep_rejects(self.settings, entry, rows)
        if entry.rows_read != entry.rows_loaded + entry.rows_rejected:
            raise RuntimeError(f"{entry.file_name}: {entry.rows_read} read, {entry.rows_loaded} loaded, {entry.rows_rejected} rejected")
        return rows

    def _quarantine(self, file: LandingFile, sha256: str, reason: str, rows: int, rejects: list[Reject] | None = None) -> None:
        found = books.entry(self.source.name, file, self.dates.to_date, sha256, books.QUARANTINED, reason=reason,
                            rows_read=rows, rows_rejected=rows, contract_hash=self.entity.contract_hash)
        self._note(found)
        if file.path.is_file():
            quarantine.keep_file(self.settings, found, file, rejects or [])

    def _note(self, found: Entry) -> None:
        """A verdict without rows; the same verdict of an earlier night is not repeated."""
        is_of_this_run = self.dates.from_date.isoformat() <= str(found.business_to or found.delivery_date)
        if is_of_this_run or not self.ledger.is_noted(found):
            self.pending.append(found)

    def _commit(self, entries: list[Entry], rejects: list[dict[str, object]]) -> None:
        self.ledger.commit(self.pending + entries, rejects)
        self.pending = []


def _rows(file: LandingFile, data: bytes) -> int:
    """Rows of a refused text file: its lines without the header."""
    if file.ending == ".parquet" or not data:
        return 0
    return max(0, data.count(b"\n") + (not data.endswith(b"\n")) - 1)
