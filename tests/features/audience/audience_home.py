"""A home with three published builds of 120 hand-made customers, kept snapshots, one correction, and segments."""

import json
from datetime import date
from pathlib import Path

import duckdb

from features import settings as kehu_settings
from features.settings import Settings
from features.state import opened

DATES = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2))
BUILDS = tuple(f"b{day:%Y%m%d}-01" for day in DATES)
CORRECTED = ("c007", "c050")
"""Customers whose aum of 31 March was corrected by the night of 2 April: c007 fell to 10, c050 rose above."""
SENSITIVITY = {"age": "internal", "aum_cny": "internal", "stage": "internal", "is_staff": "restricted", "is_app": "internal"}
ALLOWED = {"stage": ["growing", "mature", "basic"]}
STATUS = {"is_app": "draft", "age": "deprecated"}


def rows(day: date, is_corrected: bool = False) -> str:
    """SELECT of the customers as of a day: c000 … c119, ages 8 to 67, aum 20 a customer plus 7 a day for even ones."""
    days = (day - DATES[0]).days
    correction = "when i = 7 then 10 when i = 50 then 5000" if is_corrected else ""
    return (
        f"select 'c' || lpad(i::varchar, 3, '0') as customer_id, date '{day}' as as_of_date, (8 + i % 60)::integer as age,"
        f" (case {correction} when i = 7 then 3000 else 20 * i + {7 * days} * (i % 2) end)::decimal(18, 2) as aum_cny,"
        " case i % 4 when 0 then 'growing' when 1 then 'mature' when 2 then 'basic' end as stage, i % 17 = 0 as is_staff,"
        f" i % 3 = 0 as is_app from range(120) t(i) order by customer_id")


def make(folder: Path) -> Settings:
    """The home; the build in service is that of 2 April."""
    settings = kehu_settings.init(folder)
    for day, build_id in zip(DATES, BUILDS, strict=True):
        _publish(settings, day, build_id)
        _snapshot(settings, day, build_id, rows(day))
    _snapshot(settings, DATES[0], BUILDS[2], rows(DATES[0], is_corrected=True))
    (settings.published / "CURRENT").write_text(BUILDS[2] + "\n")
    return settings


def _snapshot(settings: Settings, day: date, build_id: str, select: str) -> None:
    folder = settings.history / "tags" / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{folder / build_id}.parquet' (format parquet)")


def _publish(settings: Settings, day: date, build_id: str) -> None:
    folder = settings.published / build_id
    folder.mkdir()
    with duckdb.connect(str(folder / "store.duckdb")) as connection:
        connection.execute("create schema tags")
        connection.execute("create schema segments")
        connection.execute(f"create table tags.customer_tags as {rows(day)}")
        connection.execute("create table tags.catalogue (id varchar, sensitivity varchar, status varchar, allowed_values varchar)")
        connection.executemany("insert into tags.catalogue values (?, ?, ?, ?)", [
            [tag, sensitivity, STATUS.get(tag, "published"), json.dumps(ALLOWED.get(tag, []))] for tag, sensitivity in SENSITIVITY.items()])
        _segments(connection)
    (folder / "build.json").write_text(json.dumps({"build_id": build_id, "as_of_date": day.isoformat(), "history": {}}))
    with opened(settings) as state:
        state.insert("build", {"build_id": build_id, "as_of_date": day.isoformat(), "published_at": "t", "checksum": "",
                               "sequence": 1, "is_kept": 1})


def _segments(connection: duckdb.DuckDBPyConnection) -> None:
    """wealth: exclusive, c000–c009 in w01 until 1 April, c005–c019 match w02 too; silver: groups that overlap."""
    connection.execute("create table segments.definition as select * from (values ('wealth', 'w01', true), ('wealth', 'w02', true),"
                       " ('silver', 'digital', false)) t(segment_set, segment_id, is_exclusive)")
    connection.execute("""create table segments.membership as
        select 'wealth' as segment_set, 'w01' as segment_id, 'c' || lpad(i::varchar, 3, '0') as customer_id, true as is_primary,
            date '2026-03-01' as valid_from, date '2026-04-02' as valid_to, date '2026-03-01' as known_from from range(10) t(i)
        union all select 'wealth', 'w02', 'c' || lpad(i::varchar, 3, '0'), i >= 10, date '2026-03-01', null, date '2026-03-01'
            from range(5, 20) t(i)
        union all select 'silver', 'digital', 'c' || lpad(i::varchar, 3, '0'), false, date '2026-04-01', null, date '2026-04-02'
            from range(100, 120) t(i)""")
