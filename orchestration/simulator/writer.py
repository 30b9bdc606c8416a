"""Extract files with their control files: CSV in UTF-8 or GB18030, or Parquet."""

import io
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from orchestration.simulator.contract import AMOUNT_COLUMN, SCHEMAS
from orchestration.simulator.spec import compact, to_date

PLAIN = csv.WriteOptions(quoting_style="none", quoting_header="none")


@dataclass
class Written:
    """Counts of what was written."""

    files: int = 0
    rows: int = 0
    by_entity: dict[str, int] = field(default_factory=dict)

    def count(self, entity: str, rows: int) -> None:
        self.files += 1
        self.rows += rows
        self.by_entity[entity] = self.by_entity.get(entity, 0) + rows


def night_file(out: Path, entity: str, day: int, form: str, version: int = 1) -> Path:
    """`<out>/<date>/<entity>_<YYYYMMDD>[.vN].<form>`."""
    suffix = "" if version == 1 else f".v{version}"
    return out / to_date(day).isoformat() / f"{entity}_{compact(day)}{suffix}.{form}"


def history_file(out: Path, entity: str, first: int, last: int, form: str) -> Path:
    """`<out>/history/<entity>_<from>_<to>.<form>`."""
    return out / "history" / f"{entity}_{compact(first)}_{compact(last)}.{form}"


def write_table(path: Path, entity: str, rows: pa.Table, encoding: str) -> None:
    """The data file and `<name>.ctl` beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        parquet.write_table(rows, path, compression="zstd", compression_level=1, write_statistics=False)
    else:
        path.write_bytes(csv_bytes(rows, encoding))
    write_control(path, entity, rows.num_rows, amount_cents(rows, entity))


def write_pieces(path: Path, entity: str, pieces: Iterable[pa.Table], encoding: str) -> int:
    """One data file of several tables and its control file, a table at a time; returns the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = cents = 0
    with ExitStack() as stack:
        write = _parquet(stack, path, entity) if path.suffix == ".parquet" else _text(stack, path, encoding)
        for piece in pieces:
            write(piece)
            rows, cents = rows + piece.num_rows, cents + amount_cents(piece, entity)
    write_control(path, entity, rows, cents)
    return rows


def _parquet(stack: ExitStack, path: Path, entity: str) -> Callable[[pa.Table], None]:
    file = parquet.ParquetWriter(path, SCHEMAS[entity], compression="zstd", compression_level=1, write_statistics=False)
    return stack.enter_context(file).write_table  # type: ignore[no-any-return]


def _text(stack: ExitStack, path: Path, encoding: str) -> Callable[[pa.Table], None]:
    """Appends CSV rows; the header comes first and once."""
    file = stack.enter_context(path.open("wb"))

    def write(piece: pa.Table) -> None:
        data = csv_bytes(piece, encoding)
        file.write(data[data.index(b"\n") + 1:] if file.tell() else data)

    return write


def amount_cents(rows: pa.Table, entity: str) -> int:
    """Total of an entity's amount column in cents; zero for entities without one."""
    if entity not in AMOUNT_COLUMN or not rows.num_rows:
        return 0
    return int(pc.sum(rows[AMOUNT_COLUMN[entity]]).as_py() * 100)


def write_control(path: Path, entity: str, rows: int, cents: int) -> None:
    """`<data file name>.ctl`: the number of rows and, for entities with an amount, its total."""
    control: dict[str, object] = {"rows": rows}
    if entity in AMOUNT_COLUMN:
        control |= {"amount_column": AMOUNT_COLUMN[entity], "amount_total": f"{cents // 100}.{cents % 100:02d}"}
    control_of(path).write_text(json.dumps(control) + "\n")


def control_of(path: Path) -> Path:
    """The control file of a data file."""
    return path.with_name(path.name + ".ctl")


def csv_bytes(rows: pa.Table, encoding: str = "utf-8") -> bytes:
    """Header, comma, ISO dates, `YYYY-MM-DD HH:MM:SS`, booleans 0/1, empty for null."""
    target = io.BytesIO()
    csv.write_csv(_plain(rows), target, PLAIN)
    data = target.getvalue()
    return data if encoding == "utf-8" else data.decode("utf-8").encode(encoding)


def _plain(rows: pa.Table) -> pa.Table:
    for position, column in enumerate(rows.schema):
        if pa.types.is_boolean(column.type):
            rows = rows.set_column(position, column.name, rows[column.name].cast(pa.int8()))
        elif pa.types.is_timestamp(column.type):
            rows = rows.set_column(position, column.name, rows[column.name].cast(pa.timestamp("s")))
    return rows
