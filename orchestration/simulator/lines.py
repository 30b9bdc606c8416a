"""List lines: read from exported or frozen list files, or drawn for the three campaigns of the past."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from features.errors import KehuError
from orchestration.simulator.catalogue import CHANNEL_IDS, PRODUCT_IDS

Ints = NDArray[np.int64]
NEEDED = ("list_id", "strategy_id", "as_of_date", "customer_id", "channel_id")
WANTED = (*NEEDED, "product_id", "script_id", "policy", "arm")


@dataclass
class Lines:
    """One entry per list line, sorted by as-of day, strategy and customer; names are positions in the text lists."""

    cust: Ints
    as_of: Ints
    strategy: Ints
    channel: Ints
    product: Ints
    list_number: Ints
    script: Ints
    policy: Ints
    strategy_ids: list[str]
    list_ids: list[str]
    script_ids: list[str]

    def __len__(self) -> int:
        return len(self.cust)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Lines":
        arrays = {name: getattr(self, name)[chosen] for name in ARRAYS}
        return Lines(**arrays, strategy_ids=self.strategy_ids, list_ids=self.list_ids, script_ids=self.script_ids)

    def draw_key(self) -> Ints:
        """A key of (as-of day, strategy name) for the reaction's draws, the same whatever other lists exist."""
        code = np.array([zlib.crc32(name.encode()) % 10 ** 5 for name in self.strategy_ids] or [0], dtype=np.int64)
        return self.as_of * 10 ** 5 + code[self.strategy]


ARRAYS = ("cust", "as_of", "strategy", "channel", "product", "list_number", "script", "policy")
POLICIES = ("model", "bau")


def read_lines(folder: Path | None, customers: int) -> Lines:
    """All list files (CSV, Parquet) below a folder; a customer twice on one list counts once."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".csv", ".parquet")) if folder and folder.is_dir() else []
    if folder and folder.is_file():
        files = [folder]
    tables = [_read(path) for path in files]
    return from_table(pa.concat_tables(tables) if tables else _schema().empty_table(), customers)


def _schema() -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in WANTED])


def _read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        found = parquet.read_table(path)
    else:
        found = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types={name: pa.string() for name in WANTED},
                                                                     strings_can_be_null=True))
    missing = [name for name in NEEDED if name not in found.column_names]
    if missing:
        raise KehuError(f"{path.name} is no list file: it lacks {', '.join(missing)}", "kehu lists export LIST_ID --out FILE")
    columns = [found[name].cast(pa.string()) if name in found.column_names else pa.nulls(found.num_rows, pa.string())
               for name in WANTED]
    return pa.Table.from_arrays(columns, schema=_schema())


def from_table(rows: pa.Table, customers: int) -> Lines:
    """Lines of customers of this bank; others (a wrong file) are refused."""
    cust = np.array([_number(text) for text in rows["customer_id"].to_pylist()], dtype=np.int64)
    if len(cust) and (cust.min() < 0 or cust.max() >= customers):
        raise KehuError("a list names customers that this bank does not have", "use the bank's own lists")
    as_of = pc.cast(pc.cast(pc.utf8_slice_codeunits(rows["as_of_date"], 0, 10), pa.date32()), pa.int32()).to_numpy()
    coded = {name: rows[name].combine_chunks().dictionary_encode() for name in ("strategy_id", "list_id", "script_id")}
    code = {name: np.nan_to_num(x.indices.to_numpy(zero_copy_only=False), nan=-1).astype(np.int64) for name, x in coded.items()}
    names = {name: x.dictionary.to_pylist() for name, x in coded.items()}
    lines = Lines(cust=cust, as_of=as_of.astype(np.int64), strategy=code["strategy_id"], list_number=code["list_id"],
                  script=code["script_id"], channel=_positions(rows["channel_id"], CHANNEL_IDS, 0),
                  product=_positions(rows["product_id"], PRODUCT_IDS, -1), policy=_positions(rows["policy"], POLICIES, -1),
                  strategy_ids=names["strategy_id"], list_ids=names["list_id"], script_ids=names["script_id"])
    return _ordered(lines)


def _ordered(lines: Lines) -> Lines:
    rank = np.argsort(np.argsort(np.array(lines.strategy_ids or [""])))
    order = np.lexsort((lines.cust, rank[lines.strategy], lines.as_of)) if len(lines) else np.zeros(0, np.int64)
    lines = lines.take(order)
    same = np.ones(max(len(lines) - 1, 0), bool)
    for column in (lines.cust, lines.as_of, lines.strategy):
        same &= column[1:] == column[:-1]
    return lines.take(np.concatenate([[True], ~same])) if len(lines) else lines


def _number(text: str | None) -> int:
    return int(text[1:]) if text and text[0] == "c" and text[1:].isdigit() else -1


def _positions(column: pa.ChunkedArray, names: tuple[str, ...], default: int) -> Ints:
    found = pc.index_in(column, value_set=pa.array(names))
    return np.asarray(pc.fill_null(found, default).to_numpy()).astype(np.int64)


def joined(parts: list[Lines]) -> Lines:
    """Lines of several sources as one."""
    base, *rest = parts
    for other in rest:
        arrays = {name: np.concatenate([getattr(base, name), getattr(other, name) + shift]) for name, shift in (
            ("cust", 0), ("as_of", 0), ("strategy", len(base.strategy_ids)), ("channel", 0), ("product", 0),
            ("list_number", len(base.list_ids)), ("script", 0), ("policy", 0))}
        script = np.where(other.script < 0, -1, other.script + len(base.script_ids))
        arrays["script"] = np.concatenate([base.script, script])
        base = Lines(**arrays, strategy_ids=base.strategy_ids + other.strategy_ids, list_ids=base.list_ids + other.list_ids,
                     script_ids=base.script_ids + other.script_ids)
    return _ordered(base)
