"""Extract files with their control files: CSV in UTF-8 or GB18030, or Parquet."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from orchestration.simulator.contract import AMOUNT_COLUMN
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
    write_control(path, entity, rows)


def write_control(path: Path, entity: str, rows: pa.Table) -> None:
    control: dict[str, object] = {"rows": rows.num_rows}
    if entity in AMOUNT_COLUMN:
        total = pc.sum(rows[AMOUNT_COLUMN[entity]]).as_py() if rows.num_rows else 0
        control |= {"amount_column": AMOUNT_COLUMN[entity], "amount_total": f"{total or 0:.2f}"}
    path.with_name(path.name + ".ctl").write_text(json.dumps(control) + "\n")


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
