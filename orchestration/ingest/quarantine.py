"""Copies of files that were not accepted, each with its reason, and the rejected rows of accepted ones."""

import csv
import io
import shutil
from pathlib import Path

from features import files
from features.settings import Settings
from orchestration.ingest.landing import LandingFile
from orchestration.ingest.ledger import Entry

SHOWN_REJECTS = 20


def keep_file(settings: Settings, entry: Entry, file: LandingFile, rejects: list[tuple[int, str]]) -> None:
    """Copies a quarantined file and writes `<copy>.reason.txt` beside it."""
    target = _target(settings, entry)
    with files.atomic(target) as temporary:
        shutil.copyfile(file.path, temporary)
    lines = [f"file    {entry.file_name}", f"reason  {entry.reason}", f"rows    {entry.rows_read}", f"sha256  {entry.sha256}"]
    lines += [f"line {line_no}: {reason}" for line_no, reason in rejects[:SHOWN_REJECTS]]
    files.write_text(target.with_name(target.name + ".reason.txt"), "\n".join(lines) + "\n")


def keep_rejects(settings: Settings, entry: Entry, rejects: list[dict[str, object]]) -> None:
    """Writes `<file>.rejects.csv` (line_no, reason, raw_text) for the people who mend the source."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["line_no", "reason", "raw_text"], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rejects)
    target = _target(settings, entry)
    files.write_text(target.with_name(target.name + ".rejects.csv"), text.getvalue())


def _target(settings: Settings, entry: Entry) -> Path:
    name = Path(entry.file_name).name
    return settings.quarantine / entry.source / entry.delivery_date / f"{entry.file_id[:8]}_{name}"
