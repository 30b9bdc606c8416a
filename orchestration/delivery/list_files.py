"""Writes list rows as CSV, Excel or Parquet; nothing in a cell becomes a formula."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from features import files
from features.errors import KehuError

ENDINGS = (".csv", ".xlsx", ".parquet")
Row = Sequence[Any]


def check_ending(path: Path) -> None:
    """Raises KehuError for a format that cannot be written."""
    if path.suffix.lower() not in ENDINGS:
        raise KehuError(
            f"{path.name} is none of {', '.join(ENDINGS)}", "name the file by the format you want"
        )


def write(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Puts the file in place atomically; returns its sha256."""
    check_ending(path)
    writer = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}[path.suffix.lower()]
    with files.atomic(path) as temporary:
        writer(temporary, columns, rows)
    return files.sha256(path)


def _csv(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _xlsx(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("list")
        for number, row in enumerate([tuple(columns), *rows]):
            sheet.write_row(
                number, 0, [value.isoformat() if isinstance(value, date) else value for value in row]
            )


def _parquet(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    table = pa.table({name: pa.array(list(column)) for name, column in zip(columns, values, strict=True)})
    pq.write_table(table, path, compression="zstd")
