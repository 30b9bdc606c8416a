"""Contacts, responses and words on tags back from a CRM: checked, put into contract form, handed to the next night's gate."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from features import clock, files
from features.errors import KehuError
from features.settings import Settings
from features.state import State, opened
from orchestration.delivery import feedback_rows
from orchestration.delivery.feedback_rows import Cells
from orchestration.delivery.list_book import ListBook
from orchestration.ingest import contract
from orchestration.ingest.contract import Entity

ENTITIES = ("contact", "response", "feedback")
LATEST_DAYS = 31
"""A row this long after the last night is a slip of the pen; it must not hold the whole file back."""


@dataclass
class Sorted:
    """Rows of one file, taken and refused."""

    taken: list[Cells] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def import_file(settings: Settings, file: Path, entity: str | None = None) -> dict[str, Any]:
    """`{entity, read, loaded, rejected, file, rejects_file}`; loaded rows reach the store with the next night.

    The entity is what the file's name begins with unless given. Refused rows are kept with line and reason.
    """
    if not file.is_file():
        raise KehuError(f"there is no file {file}", "name the file that the CRM wrote")
    declared = _entity(settings, file, entity)
    header, rows = feedback_rows.read(file)
    feedback_rows.check_header(file, declared, header)
    with opened(settings) as state:
        last_night = _last_night(state)
        found = _sort(declared, rows, ListBook(settings, state), last_night)
        path = _drop(settings, state, declared, found.taken, last_night) if found.taken else None
    rejects = _keep_rejects(settings, file, found.refused) if found.refused else None
    return {"entity": declared.name, "read": len(rows), "loaded": len(found.taken), "rejected": len(found.refused),
            "file": str(path) if path else None, "rejects_file": str(rejects) if rejects else None}  # fmt: skip


def _entity(settings: Settings, file: Path, name: str | None) -> Entity:
    wanted = name or next((e for e in ENTITIES if file.name.lower().startswith(e)), None)
    if wanted not in ENTITIES:
        raise KehuError(
            f"{file.name}: is it contacts or responses, or what the front line says (feedback)?",
            "let its name begin with contact, response or feedback",
        )
    found = contract.load(settings.source).entity(wanted)
    if found is None:
        raise KehuError(
            f"source {settings.source} of this home takes no {wanted} rows", "use a home of source core"
        )
    return found


def _last_night(state: State) -> date:
    row = state.one("select max(to_date) as d from night where status = 'published'")
    return date.fromisoformat(str(row["d"])) if row and row["d"] else clock.last_business_date()


def _sort(
    entity: Entity, rows: Sequence[tuple[int, Cells | None]], book: ListBook, last_night: date
) -> Sorted:
    found, seen = Sorted(), set()
    for line, cells in rows:
        raw = "" if cells is None else json.dumps(cells, ensure_ascii=False)
        reason = (
            "another number of fields than the header"
            if cells is None
            else feedback_rows.fault(entity, cells)
        )
        if cells is not None and reason is None:
            key = tuple(cells[name] for name in entity.key)
            reason = (
                "key: there twice in this file" if key in seen else _misfit(entity, cells, book, last_night)
            )
            seen.add(key)
        if reason is None and cells is not None:
            found.taken.append(_completed(entity, cells, book))
        else:
            found.refused.append((line, str(reason), raw))
    return found


def _misfit(entity: Entity, cells: Cells, book: ListBook, last_night: date) -> str | None:
    """Faults against what this home knows: lists, members, dates. A contact with a held customer is a fact: taken."""
    happened = feedback_rows.timestamp(cells["ts"])
    assert happened is not None
    if happened.date() > last_night + timedelta(days=LATEST_DAYS):
        return f"ts: {cells['ts']} lies more than {LATEST_DAYS} days after the night of {last_night}"
    if entity.name == "feedback" and cells["object_type"] == "tag" and cells["object_id"] not in book.tags:
        return f"object_id: no tag '{cells['object_id']}' in the catalogue"
    list_id = cells.get("list_id", "") if entity.name == "contact" else ""
    if list_id and list_id not in book.dates:
        return f"list_id: no list '{list_id}' in this home"
    if list_id and cells["customer_id"] not in book.customers(list_id):
        return f"customer_id: '{cells['customer_id']}' is not on list {list_id}"
    if list_id and happened.date() < book.dates[list_id]:
        return f"ts: {cells['ts']} is before the list of {book.dates[list_id]}"
    strategy_id = cells.get("strategy_id", "")
    if strategy_id and strategy_id not in book.strategies:
        return f"strategy_id: no strategy '{strategy_id}' in this home"
    return None


def _completed(entity: Entity, cells: Cells, book: ListBook) -> Cells:
    """All columns of the contract; what the list says is filled in where the CRM left it out."""
    row = {name: cells.get(name, "") for name in entity.names}
    if entity.name == "contact" and row["list_id"]:
        row["strategy_id"] = row["strategy_id"] or book.strategy_of[row["list_id"]]
        row["message_class"] = row["message_class"] or "marketing"
    return row


def _drop(settings: Settings, state: State, entity: Entity, rows: list[Cells], last_night: date) -> Path:
    """Writes the extract and its control file; the same rows imported again land on the same file."""
    rows = sorted(rows, key=lambda row: [row[name] for name in entity.key])
    text = io.StringIO()
    writer = csv.DictWriter(text, entity.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    body = text.getvalue().encode()
    dates = sorted(date.fromisoformat(row["ts"][:10]) for row in rows)
    for known in sorted(settings.feedback.rglob(f"{entity.name}_*.csv")):
        if known.read_bytes() == body:
            return known
    delivered = settings.feedback / max(last_night + timedelta(days=1), dates[-1]).isoformat()
    path = delivered / _free_name(settings, state, entity, dates[0], dates[-1])
    files.write_text(path.with_name(path.name + ".ctl"), json.dumps({"rows": len(rows)}))
    with files.atomic(path) as temporary:
        temporary.write_bytes(body)
    return path


def _free_name(settings: Settings, state: State, entity: Entity, first: date, last: date) -> str:
    """A range of dates no other file of the entity names: an equal one would be read as a corrected version of it."""
    rows = state.rows(
        "select business_from, business_to from ingest_file where source = ? and entity = ?",
        [settings.source, entity.name],
    )
    used = {(str(row["business_from"]), str(row["business_to"])) for row in rows}
    taken = {path.name for path in settings.landing.rglob(f"{entity.name}_*")}
    first = min(first, last - timedelta(days=1))
    while (
        first.isoformat(),
        last.isoformat(),
    ) in used or f"{entity.name}_{first:%Y%m%d}_{last:%Y%m%d}.csv" in taken:
        first -= timedelta(days=1)
    return f"{entity.name}_{first:%Y%m%d}_{last:%Y%m%d}.csv"


def _keep_rejects(settings: Settings, file: Path, refused: Sequence[tuple[int, str, str]]) -> Path:
    path = settings.quarantine / "feedback" / f"{file.name}.rejects.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["line", "reason", "row"])
    writer.writerows(refused)
    files.write_text(path, text.getvalue())
    return path
