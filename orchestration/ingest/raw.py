"""Raw Parquet files of accepted rows: written once, atomically; swept when no ledger entry names them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features import files
from features.settings import Settings
from orchestration.ingest.contract import Entity

ROW_GROUP = 122_880
HELPERS = ["business_date", "file_no"]


def write(settings: Settings, entity: Entity, file_id: str, table: pa.Table) -> dict[str, str | None]:
    """Writes the rows of one file; returns the ledger's raw_path and date ranges (None for no rows)."""
    if table.num_rows == 0:
        return {"raw_path": None, "known_from": None, "known_to": None, "event_from": None, "event_to": None}
    known, events = pc.min_max(table["known_at"]).as_py(), pc.min_max(table["business_date"]).as_py()
    path = settings.raw / entity.source / entity.name / f"{known['min']}_{file_id}.parquet"
    with files.atomic(path) as temporary:
        pq.write_table(table.drop_columns(HELPERS), temporary, compression="zstd", row_group_size=ROW_GROUP)
    return {
        "raw_path": path.relative_to(settings.home).as_posix(),
        "known_from": known["min"].isoformat(), "known_to": known["max"].isoformat(),
        "event_from": events["min"].isoformat(), "event_to": events["max"].isoformat(),
    }


def sweep(settings: Settings, source: str, ledgered: set[str]) -> list[Path]:
    """Deletes what a killed run left behind: raw files that no ledger entry names."""
    folder = settings.raw / source
    stray = [path for path in sorted(folder.rglob("*")) if path.is_file()
             and path.relative_to(settings.home).as_posix() not in ledgered]
    for path in stray:
        path.unlink()
    return stray
