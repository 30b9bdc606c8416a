"""One delivered file as rows of its contract's columns: CSV as text, Parquet as typed values."""

import csv
import json
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from orchestration.ingest import content, lines
from orchestration.ingest.content import Unacceptable
from orchestration.ingest.contract import Entity, Source
from orchestration.ingest.landing import LandingFile

RAW_TEXT_LIMIT = 10_000
Reject = tuple[int, str]


@dataclass
class Extract:
    """A file whose structure is sound: `kept` are the line numbers that parse, `rejects` the others.

    `names` are the contract's columns that the file has, in its order.
    """

    file: LandingFile
    sha256: str
    rows_read: int
    kept: NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)
    names: tuple[str, ...] = ()
    text: bytes = b""
    layout: lines.Lines | None = None
    table: pa.Table | None = None

    @property
    def weight(self) -> int:
        """Bytes held in memory."""
        return len(self.text) + (self.table.nbytes if self.table is not None else 0)

    @property
    def form(self) -> str:
        """Files of one form can be parsed together."""
        return f"{self.names} {self.schema}"

    @property
    def schema(self) -> pa.Schema | None:
        """Column types of a Parquet file; None for text."""
        return self.table.schema if self.table is not None else None

    def raw_text(self, line_no: int) -> str:
        """The row as delivered."""
        if self.table is not None:
            row = self.table.slice(line_no - 1, 1).to_pylist()[0]
            return json.dumps(row, ensure_ascii=False, default=str)[:RAW_TEXT_LIMIT]
        assert self.layout is not None
        start, end = self.layout.starts[line_no - 1], self.layout.ends[line_no - 1]
        return self.text[start:end].decode("utf-8", "replace")[:RAW_TEXT_LIMIT]

    @cached_property
    def kept_text(self) -> bytes:
        """The sound lines, each with a line end."""
        assert self.layout is not None
        lengths = np.diff(np.append(self.layout.starts, len(self.text)))
        is_kept = np.zeros(len(lengths), bool)
        is_kept[self.kept - 1] = True
        if is_kept[1:].all():
            body = self.text[int(lengths[0]):]
        else:
            body = np.frombuffer(self.text, np.uint8)[np.repeat(is_kept, lengths)].tobytes()
        return body if body.endswith(b"\n") or not body else body + b"\n"


def read_text(source: Source, entity: Entity, file: LandingFile, data: bytes) -> Extract:
    """A delimited text file against its contract; raises Unacceptable for faults of the whole file."""
    found = content.text(data, source.encodings)
    end = found.data.find(b"\n")
    names = _header(source, entity, found.data[:end if end >= 0 else None].removesuffix(b"\r").decode("utf-8"))
    layout = lines.scan(found.data, source.delimiter, len(names))
    faults = layout.faults.copy()
    faults[[n - 1 for n in found.broken_lines if faults[n - 1] != lines.BLANK]] = lines.ENCODING
    faults[0] = lines.BLANK
    rejects = [(int(n) + 1, _fault(layout, len(names), int(n), int(faults[n])))
               for n in np.flatnonzero(faults > lines.BLANK)]
    if layout.is_last_cut and faults[-1] > lines.BLANK:
        rejects = [*rejects[:-1], _cut_tail(source, rejects[-1])]
    kept = np.flatnonzero(faults == 0) + 1
    return Extract(file, found.sha256, len(kept) + len(rejects), kept, rejects, names, found.data, layout)


def _cut_tail(source: Source, reject: Reject) -> Reject:
    """A last line that is broken and has no line end: the transfer ended early."""
    reason = f"the file is cut: the last line ({reject[0]}) has no line end and is not whole ({reject[1]})"
    if not source.is_cut_tail_tolerated:
        raise Unacceptable(reason)
    return reject[0], reason


def _fault(layout: lines.Lines, field_count: int, line: int, fault: int) -> str:
    if fault == lines.FIELDS:
        return f"{layout.field_counts[line]} fields, the header has {field_count}"
    return lines.FAULTS[fault]


def _header(source: Source, entity: Entity, line: str) -> tuple[str, ...]:
    """The columns of the header: those of the contract in the contract's order; optional ones may be absent."""
    try:
        names = next(csv.reader([line], delimiter=source.delimiter), [])
    except csv.Error as broken:
        raise Unacceptable(f"the header cannot be read: {broken}") from broken
    wanted = entity.names_with(names)
    if tuple(names) == wanted:
        return wanted
    if sorted(names) == sorted(wanted):
        raise Unacceptable(f"columns swapped: the header is {', '.join(names)}; the contract has {', '.join(wanted)}")
    missing = [name for name in wanted if name not in names]
    unknown = [name for name in names if name not in entity.names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    parts = [f"{label} {', '.join(found)[:300]}" for label, found in
             (("missing", missing), ("unknown", unknown), ("twice", repeated)) if found]
    raise Unacceptable(f"the header differs from the contract: {'; '.join(parts)}")


def read_parquet(entity: Entity, file: LandingFile, data: bytes) -> Extract:
    """A Parquet file; its columns are bound by name."""
    if not data:
        raise Unacceptable("the file is empty (0 bytes)")
    try:
        table = pq.read_table(pa.BufferReader(data))
        table.validate(full=True)
    except (pa.ArrowException, OSError) as broken:
        raise Unacceptable(f"the Parquet file cannot be read: {str(broken).splitlines()[0][:200]}") from broken
    names = entity.names_with(table.column_names)
    if sorted(table.column_names) != sorted(names):
        missing = sorted(set(names) - set(table.column_names))
        unknown = sorted(set(table.column_names) - set(entity.names))
        raise Unacceptable(f"the columns differ from the contract: missing {missing}; unknown {unknown}",
                           table.num_rows)
    kept = np.arange(1, table.num_rows + 1)
    plain = _decoded(table.select(list(names)))
    return Extract(file, content.digest(data), table.num_rows, kept, names=names, table=_filled(entity, plain))


def _filled(entity: Entity, table: pa.Table) -> pa.Table:
    """All columns of the contract in its order; those that the file lacks are null."""
    absent = pa.nulls(table.num_rows, pa.string())
    arrays = [table[name] if name in table.column_names else absent for name in entity.names]
    return pa.table(arrays, names=list(entity.names))


def _decoded(table: pa.Table) -> pa.Table:
    """Dictionary columns as their values, without file metadata, so that equal contracts give equal schemas."""
    arrays = [column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
              for column in table.columns]
    return pa.table(arrays, names=table.column_names)


def rows(source: Source, entity: Entity, extracts: list[Extract]) -> pa.Table:
    """Kept rows of several files of one form, with `file_no` (position in the list) and `line_no`."""
    if extracts[0].table is not None:
        table = pa.concat_tables([extract.table for extract in extracts])
    else:
        text = b"".join(extract.kept_text for extract in extracts)
        table = _filled(entity, _parse(source, extracts[0].names, text))
    counts = [len(extract.kept) for extract in extracts]
    if table.num_rows != sum(counts):
        raise RuntimeError(f"{entity.name}: {sum(counts)} sound lines parsed as {table.num_rows} rows")
    file_no = np.repeat(np.arange(len(extracts), dtype=np.int32), counts)
    line_no = np.concatenate([extract.kept for extract in extracts])
    return table.append_column("file_no", pa.array(file_no)).append_column("line_no", pa.array(line_no))


def _parse(source: Source, names: tuple[str, ...], text: bytes) -> pa.Table:
    if not text:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(column_names=list(names), block_size=16 << 20),
        parse_options=pyarrow.csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=True))
