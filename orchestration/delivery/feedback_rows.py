"""Reads a feedback file of a CRM (CSV, Excel, Parquet) as text cells and says why a row cannot be taken."""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from features.errors import KehuError
from orchestration.ingest.contract import Column, Entity

LIMIT = Decimal(10) ** 16
Cells = dict[str, str]


def read(path: Path) -> tuple[list[str], list[tuple[int, Cells | None]]]:
    """(header, [(line, cells)]); cells are None where a line has another number of fields than the header."""
    if not path.is_file():
        raise KehuError(f"no file {path}", "name the file that the CRM wrote")
    readers = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise KehuError(f"{path.name} is none of {', '.join(readers)}", "export it from the CRM as CSV")
    rows = list(readers[path.suffix.lower()](path))
    if not rows:
        raise KehuError(f"{path.name} is empty", "export it again")
    header = [name.strip() for name in rows[0][1]]
    body = [(line, dict(zip(header, cells, strict=True)) if len(cells) == len(header) else None)
            for line, cells in rows[1:] if any(cells)]  # fmt: skip
    return header, body


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise KehuError(f"{path.name} is neither UTF-8 nor GB18030", "save it as UTF-8")
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as broken:
        raise KehuError(
            f"{path.name}, line {reader.line_num}: {broken}", "mend the quotes and import again"
        ) from broken


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        import openpyxl
    except ImportError as absent:
        raise KehuError("reading Excel needs the package openpyxl", "save the sheet as CSV") from absent
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as broken:
        raise KehuError(f"{path.name} cannot be read as Excel: {broken}", "save the sheet as CSV") from broken
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [_text(cell) for cell in row]
    finally:
        book.close()


def _parquet(path: Path) -> Iterator[tuple[int, list[str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as broken:
        raise KehuError(f"{path.name} cannot be read as Parquet: {broken}", "export it again") from broken
    yield 0, list(table.column_names)
    for number, row in enumerate(table.to_pylist(), start=1):
        yield number, [_text(value) for value in row.values()]


def _text(value: Any) -> str:
    """A typed cell as the contract writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def check_header(path: Path, entity: Entity, header: Sequence[str]) -> None:
    """Columns may come in any order and optional ones may be absent; unknown ones are refused by name."""
    for name in header:
        if name not in entity.names:
            near = difflib.get_close_matches(name, entity.names, n=1)
            raise KehuError(f"{path.name}: unknown column '{name}'",
                            f"did you mean {near[0]}?" if near else f"columns of {entity.name}: {', '.join(entity.names)}")  # fmt: skip
    missing = [column.name for column in entity.columns if column.is_required and column.name not in header]
    if missing or len(set(header)) != len(header):
        what = f"the columns {', '.join(missing)} are missing" if missing else "a column is there twice"
        raise KehuError(f"{path.name}: {what}", f"columns of {entity.name}: {', '.join(entity.names)}")


def fault(entity: Entity, cells: Cells) -> str | None:
    """The first reason why a row breaks the contract."""
    for column in entity.columns:
        value = cells.get(column.name, "")
        if not value:
            if column.is_required:
                return f"{column.name}: empty, but required"
        elif column.values and value not in column.values:
            return f"{column.name}: '{value[:60]}' is not one of {', '.join(column.values)}"
        elif not _fits(column, value):
            return f"{column.name}: '{value[:60]}' is not {WORDING.get(column.type, 'text')}"
    return None


WORDING = {"timestamp": "a timestamp YYYY-MM-DD HH:MM:SS", "bool": "0 or 1", "int": "a whole number",
           "dec": "an amount with at most two decimals"}  # fmt: skip


def _fits(column: Column, value: str) -> bool:
    if column.type == "timestamp":
        return timestamp(value) is not None
    if column.type == "bool":
        return value in ("0", "1")
    if column.type == "int":
        return re.fullmatch(r"-?[0-9]{1,9}", value) is not None
    if column.type == "dec":
        return _is_amount(value)
    return "\n" not in value and "\x00" not in value


def _is_amount(value: str) -> bool:
    try:
        return re.fullmatch(r"-?[0-9]+(\.[0-9]{1,2})?", value) is not None and abs(Decimal(value)) < LIMIT
    except InvalidOperation:
        return False


def timestamp(value: str) -> datetime | None:
    """A timestamp in the contract's only form."""
    try:
        found = datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return found if found.strftime("%Y-%m-%d %H:%M:%S") == value else None
