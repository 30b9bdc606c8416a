"""Reads the published store that CURRENT names; every cache key carries the build, so a new build is a new cache."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from features import settings, warehouse
from features.clock import SHANGHAI
from features.errors import KehuError

SCHEMAS = ("board", "meta")


@dataclass(frozen=True)
class Build:
    """One published build that a reader may choose."""

    build_id: str
    as_of_date: str


def published() -> Path:
    """The folder of builds of the home in KEHU_HOME; raises KehuError where that is no home."""
    return settings.load().published


def current_build() -> str | None:
    """The build id in service, None before the first night."""
    return warehouse.current_build(settings.load())


def builds() -> list[Build]:
    """Builds on disk, newest first; those newer than the one in service were rolled back and are not offered."""
    current = current_build()
    if current is None:
        return []
    names = [p.parent.name for p in published().glob("*/store.duckdb") if not p.parent.name.startswith(".")]
    return [_build(name) for name in sorted(names, reverse=True) if name <= current]


def _build(build_id: str) -> Build:
    record = published() / build_id / "build.json"
    found = json.loads(record.read_text()) if record.is_file() else {}
    return Build(build_id, str(found.get("as_of_date", build_id)))


@st.cache_resource(max_entries=4)
def _store(path: str) -> warehouse.Connection:
    return warehouse.open_store(Path(path))


def table(name: str, build_id: str) -> pd.DataFrame:
    """A whole table of the schemas board and meta of one build; callers must not change it."""
    return _select(f"select * from {name}", _path(build_id))


def _path(build_id: str) -> str:
    return str(published() / build_id / "store.duckdb")


@st.cache_data(max_entries=256, show_spinner=False)
def _select(sql: str, path: str) -> pd.DataFrame:
    try:
        return _store(path).cursor().execute(sql).df()
    except warehouse.Error as broken:
        reason = str(broken).splitlines()[0]
        raise KehuError(f"the store lacks what this page reads: {reason}", "kehu nightly") from broken


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """One object per row, the columns as its attributes."""
    return iter(frame.itertuples(index=False))


NEWEST_NIGHT = "from meta.ingest_ledger where night = (select max(night) from meta.ingest_ledger)"
SUMS = (
    "count(*) as file_count, count(*) filter (where status = 'loaded') as loaded_count,"
    " count(*) filter (where status = 'duplicate') as duplicate_count,"
    " count(*) filter (where status = 'quarantined') as quarantined_count,"
    " coalesce(sum(rows_read), 0) as rows_read, coalesce(sum(rows_loaded), 0) as rows_loaded,"
    " coalesce(sum(rows_rejected), 0) as rows_rejected"
)


def troubled_files(build_id: str) -> pd.DataFrame:
    """Files of the newest night that were quarantined, had rejects, or repeated what was loaded before; worst first."""
    return _select(
        f"select * {NEWEST_NIGHT} and (status <> 'loaded' or rows_rejected > 0)"
        " order by case status when 'quarantined' then 1 when 'loaded' then 2 else 3 end, source, entity, file_name",
        _path(build_id),
    )


def entity_totals(build_id: str) -> pd.DataFrame:
    """One row per source and entity of the newest night: files by fate, rows read, loaded and rejected."""
    return _select(f"select source, entity, {SUMS} {NEWEST_NIGHT} group by source, entity order by source, entity",
                   _path(build_id))


def file_totals(build_id: str) -> pd.Series:
    """The same over all entities, in one row, with the night's date."""
    return _select(f"select max(night) as night, {SUMS} {NEWEST_NIGHT}", _path(build_id)).iloc[0]


def check_counts(build_id: str) -> dict[str, int]:
    """{passed, warned, failed: n} of the night that made this build."""
    found = _select("select status, count(*) as n from meta.check_result group by status", _path(build_id))
    counted = {str(row.status): int(row.n) for row in rows(found)}
    return {status: counted.get(status, 0) for status in ("passed", "warned", "failed")}


def published_at(build_id: str) -> datetime:
    """When the build was published, in Shanghai."""
    moment: datetime = table("meta.build", build_id).published_at.iloc[0].to_pydatetime()
    return moment.astimezone(SHANGHAI)
