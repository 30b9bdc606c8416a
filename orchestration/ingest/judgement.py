"""The verdict on the files of a batch: control totals, too many bad rows, too many repeated ones."""

from dataclasses import dataclass, field
from decimal import Decimal

from orchestration.ingest import control_file
from orchestration.ingest.batch import Batch, Stored
from orchestration.ingest.content import Unacceptable
from orchestration.ingest.contract import Source
from orchestration.ingest.control_file import Control
from orchestration.ingest.extract import Extract, Reject

Rows = list[tuple[int, int, str]]


@dataclass
class Verdict:
    """Per file of the batch: rejected rows, the reason to quarantine it (or none) and a note for the ledger."""

    rejects: list[list[Reject]]
    failures: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def judge(batch: Batch, controls: list[Control | None], stored: list[Stored]) -> Verdict:
    """Removes rejected rows and refused files from the batch and says why."""
    verdict = Verdict([list(extract.rejects) for extract in batch.extracts])
    faults = batch.faults()
    for file_no, line_no, reason in faults:
        verdict.rejects[file_no].append((line_no, reason))
    for file_no, extract in enumerate(batch.extracts):
        _limit_faults(batch.source, extract, file_no, verdict)
    _check_totals(batch, controls, verdict)
    batch.reject(faults)
    batch.refuse(list(verdict.failures))
    _reject_duplicates(batch, stored, verdict)
    for rejects in verdict.rejects:
        rejects.sort()
    return verdict


def _limit_faults(source: Source, extract: Extract, file_no: int, verdict: Verdict) -> None:
    bad, read = len(verdict.rejects[file_no]), extract.rows_read
    if bad > max(source.min_reject_count, source.max_reject_rate * read) or bad * 2 > read:
        verdict.failures[file_no] = (f"too many bad rows: {bad} of {read}; the first is line"
                                     f" {min(verdict.rejects[file_no])[0]}: {min(verdict.rejects[file_no])[1]}")


def _check_totals(batch: Batch, controls: list[Control | None], verdict: Verdict) -> None:
    columns = {control.amount_column for control in controls if control and control.amount_column}
    for column in sorted(columns):
        totals = batch.totals(column)
        for file_no, control in enumerate(controls):
            if control is None or control.amount_column != column or file_no in verdict.failures:
                continue
            total, unreadable = totals.get(file_no, (Decimal(0), 0))
            try:
                note = control_file.check_total(control, total, unreadable + len(batch.extracts[file_no].rejects))
            except Unacceptable as wrong:
                verdict.failures[file_no] = str(wrong)
                continue
            if note:
                verdict.notes[file_no] = note


def _reject_duplicates(batch: Batch, stored: list[Stored], verdict: Verdict) -> None:
    """A file with too many repeated keys is refused; its rows then no longer count against other files."""
    while True:
        found = batch.duplicates(stored)
        refused = _too_many(batch, found)
        verdict.failures.update(refused)
        if not refused:
            break
        batch.refuse(list(refused))
    for file_no, line_no, reason in found:
        verdict.rejects[file_no].append((line_no, reason))
    batch.reject(found)


def _too_many(batch: Batch, found: Rows) -> dict[int, str]:
    counts: dict[int, set[int]] = {}
    for file_no, line_no, _ in found:
        counts.setdefault(file_no, set()).add(line_no)
    return {
        file_no: f"too many duplicate keys: {len(line_numbers)} of {batch.extracts[file_no].rows_read} rows repeat a key"
        for file_no, line_numbers in counts.items()
        if len(line_numbers) > max(batch.source.min_reject_count,
                                   batch.source.max_duplicate_rate * batch.extracts[file_no].rows_read)
    }
