"""The control file beside an extract: how many rows the sender wrote and what they add up to."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from orchestration.ingest.content import Unacceptable
from orchestration.ingest.contract import Entity


@dataclass(frozen=True)
class Control:
    """Promised row count and, where given, the total of one amount column."""

    rows: int
    amount_column: str | None = None
    amount_total: Decimal | None = None


def read(path: Path, entity: Entity) -> Control | None:
    """The control of a data file, None where there is none; raises Unacceptable when it cannot be read."""
    if not path.is_file():
        return None
    try:
        body = json.loads(path.read_text(encoding="utf-8-sig"))
        rows = body["rows"]
        total = Decimal(str(body["amount_total"])) if body.get("amount_total") is not None else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as broken:
        raise Unacceptable(f"the control file {path.name} cannot be read: {broken!r}") from broken
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise Unacceptable(f"the control file {path.name} has rows {rows!r}, a whole number is wanted")
    column = body.get("amount_column") or entity.amount_column
    if total is not None and (column not in entity.names or entity.column(column).type != "dec"):
        raise Unacceptable(f"the control file {path.name} totals {column!r}, which is no amount of the contract")
    return Control(rows, column if total is not None else None, total)


def check_rows(control: Control | None, rows_read: int) -> None:
    """Raises Unacceptable when the file has more or fewer rows than promised."""
    if control is not None and control.rows != rows_read:
        raise Unacceptable(f"the control file promises {control.rows} rows, the file has {rows_read}")


def check_total(control: Control, total: Decimal, unreadable: int) -> str:
    """Raises Unacceptable on a wrong total; returns a note where rows without a readable amount forbid the check."""
    if total == control.amount_total:
        return ""
    if unreadable:
        return f"control total of {control.amount_column} not checked: {unreadable} rows have no readable amount"
    raise Unacceptable(f"the control file promises a total {control.amount_column} of {control.amount_total},"
                       f" the file has {total}")
