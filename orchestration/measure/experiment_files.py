"""Reads a user's table: CSV in UTF-8 or GB18030, or Parquet; every fault gets one clear line."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from features.errors import KehuError

_KINDS = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\x1f\x8b": "compressed by gzip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF",
}


def read_table(path: Path) -> pa.Table:
    """The table; CSV columns are all text (empty cells null), floating nan is null, unit_id is text."""
    if not path.is_file():
        raise KehuError(f"there is no file {path}", "check the path")
    content = path.read_bytes()
    if not content.strip():
        raise KehuError(f"{path.name} is empty", "export it again")
    table = _parquet(path) if content[:4] == b"PAR1" else _csv(content, path)
    if "unit_id" in table.column_names:
        at = table.column_names.index("unit_id")
        table = table.set_column(at, "unit_id", pc.utf8_trim_whitespace(pc.cast(table["unit_id"], pa.string())))
    if table.num_rows == 0:
        raise KehuError(f"{path.name} has a header and no rows", "export it again")
    return table


def _parquet(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as broken:
        raise KehuError(f"{path.name} is no readable Parquet file: {_first_line(broken)}", "export it again") from broken
    names = [name for name in table.column_names if not name.startswith("__index_level_")]  # a pandas index
    _check_header(names, path)
    return pa.table({name: _plain(table[name], is_unit=name == "unit_id") for name in names})


def _plain(column: pa.ChunkedArray, is_unit: bool) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if is_unit and pa.types.is_floating(column.type) and pc.all(pc.equal(pc.floor(column), column)).as_py():
        column = pc.cast(column, pa.int64())
    is_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return pc.cast(column, pa.string()) if is_unit or is_text else column


def _csv(content: bytes, path: Path) -> pa.Table:
    for magic, kind in _KINDS.items():
        if content.startswith(magic):
            raise KehuError(f"{path.name} is {kind}, not CSV or Parquet", "save it as CSV in UTF-8")
    text = _decoded(content, path)
    names = _header(text, path)
    options = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""],
    )
    try:
        return pa_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pa_csv.ReadOptions(column_names=names, skip_rows=0, skip_rows_after_names=1, use_threads=False, block_size=1 << 26),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=options,
        )
    except pa.ArrowInvalid as broken:
        raise KehuError(f"{path.name} is no regular CSV: {_first_line(broken)}", "give every row the same columns") from broken


def _decoded(content: bytes, path: Path) -> str:
    """Strict UTF-8, then strict GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise KehuError(f"{path.name} holds zero bytes, so it is no text", "save it as CSV in UTF-8")
        return text.removeprefix("\ufeff")
    raise KehuError(f"{path.name} is neither UTF-8 nor GB18030", "save it as CSV in UTF-8")


def _header(text: str, path: Path) -> list[str]:
    line = text.lstrip("\r\n").splitlines()[0]
    names = [name.strip() for name in next(csv.reader(io.StringIO(line)))]
    if len(names) == 1 and any(mark in line for mark in ";\t|"):
        raise KehuError(f"{path.name} is not separated by commas", "save it as comma-separated CSV")
    _check_header(names, path)
    return names


def _check_header(names: list[str], path: Path) -> None:
    blank = [at for at, name in enumerate(names, start=1) if not name]
    if blank:
        raise KehuError(f"{path.name}: column {blank[0]} has no name", "name every column in the first row")
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if twice:
        raise KehuError(f"{path.name} has two columns named '{twice[0]}'", "rename one")
    folded = [name.casefold() for name in names]
    alike = [name for at, name in enumerate(names) if name.casefold() in folded[:at]]
    if alike:
        raise KehuError(f"{path.name} has columns whose names differ from '{alike[0]}' by case only", "rename one")


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:160]
