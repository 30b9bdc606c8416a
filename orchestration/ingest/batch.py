"""Rows of several files of one entity inside DuckDB: typed, judged one by one, made unique, dated."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from features.warehouse import Connection
from orchestration.ingest import casts, extract
from orchestration.ingest.contract import Entity, Source
from orchestration.ingest.extract import Extract
from orchestration.ingest.knowledge import ASSUMED, KNOWN_AT, RETRACTED_AT, RunDates

DUPLICATE = "duplicate key"


@dataclass(frozen=True)
class Stored:
    """A raw file that holds keys of overlapping dates; its +1 rows do not count when it is being replaced."""

    path: str
    file_id: str
    is_replaced: bool


class Batch:
    """The temporary tables of one batch; `file_no` is the position in `extracts`."""

    def __init__(self, connection: Connection, source: Source, entity: Entity, extracts: list[Extract]) -> None:
        self.connection, self.source, self.entity, self.extracts = connection, source, entity, extracts

    def type_rows(self) -> None:
        """Casts all rows into `ingest_typed` with the first fault of each."""
        entity, schema = self.entity, self.extracts[0].schema
        columns = entity.columns
        delivered = ", ".join(
            f"{casts.raw_value(c, schema)} as {casts.quoted('r_' + c.name)}, {casts.typed(c, schema)} as {casts.quoted('p_' + c.name)}"
            for c in columns)
        renamed = ", ".join(f"{casts.quoted('p_' + c.name)} as {casts.quoted(c.name)}, {casts.quoted('r_' + c.name)}"
                            for c in columns)
        names = ", ".join(map(casts.quoted, entity.names))
        business = casts.business_date(entity) or "cast(null as date)"
        rows = extract.rows(self.source, entity, self.extracts)
        self.connection.register("ingest_rows", rows)
        self.connection.execute(f"""
            create or replace temp table ingest_typed as
            with delivered as (select file_no, line_no, {delivered} from ingest_rows),
            named as (select file_no, line_no, {renamed} from delivered)
            select file_no, line_no, {names}, {casts.reason(entity)} as reason, {business} as business_date
            from named""")
        self.connection.unregister("ingest_rows")

    def faults(self) -> list[tuple[int, int, str]]:
        """(file_no, line_no, reason) of rows that break the contract."""
        return self.connection.execute(
            "select file_no, line_no, reason from ingest_typed where reason is not null order by all").fetchall()

    def totals(self, column: str) -> dict[int, tuple[Decimal, int]]:
        """Per file: total of a column over all rows, and how many faulty rows have no readable value in it."""
        name = casts.quoted(column)
        found = self.connection.execute(f"""
            select file_no, coalesce(sum({name}), 0), count(*) filter (reason is not null and {name} is null)
            from ingest_typed group by file_no""").fetchall()
        return {file_no: (total, unreadable) for file_no, total, unreadable in found}

    def drop(self, file_numbers: list[int]) -> None:
        """Forgets faulty rows and the rows of files that were given up."""
        self.connection.execute("delete from ingest_typed where reason is not null or list_contains(?, file_no)", [file_numbers])

    def date_range(self) -> tuple[date, date] | None:
        """First and last business date of the rows left."""
        found = self.connection.execute("select min(business_date), max(business_date) from ingest_typed").fetchone()
        return None if found is None or found[0] is None else (found[0], found[1])

    def duplicates(self, stored: list[Stored]) -> list[tuple[int, int, str]]:
        """Later rows of a key, and rows of events that an earlier file brought already."""
        key = ", ".join(map(casts.quoted, self.entity.key))
        scope = key if self.entity.is_event else f"file_no, {key}"
        row = f"hash({', '.join(map(casts.quoted, self.entity.names))})"
        inside = self.connection.execute(f"""
            with repeated as (select {scope} from ingest_typed group by {scope} having count(*) > 1),
            ordered as (
                select file_no, line_no,
                    row_number() over (partition by {scope} order by file_no, line_no) as position,
                    first_value(line_no) over (partition by {scope} order by file_no, line_no) as first_line,
                    {row} = first_value({row}) over (partition by {scope} order by file_no, line_no) as is_same
                from ingest_typed semi join repeated using ({scope}))
            select file_no, line_no, '{DUPLICATE}: ' || case when is_same then 'same row as line ' || first_line
                else 'other values than line ' || first_line end
            from ordered where position > 1 order by all""").fetchall()
        before = self._known_already(key, stored) if stored and self.entity.is_event else []
        is_seen = {row[:2] for row in inside}
        return inside + [row for row in before if row[:2] not in is_seen]

    def _known_already(self, key: str, stored: list[Stored]) -> list[tuple[int, int, str]]:
        """Rows whose key stands (net of retractions) in raw files of overlapping dates."""
        replaced = [file.file_id for file in stored if file.is_replaced]
        return self.connection.execute(f"""
            with known as (
                select {key} from read_parquet(?) where not (row_sign = 1 and list_contains(?, file_id))
                group by {key} having sum(row_sign) > 0)
            select file_no, line_no, '{DUPLICATE}: an earlier file has this key'
            from ingest_typed semi join known using ({key}) order by all""",
            [[file.path for file in stored], replaced]).fetchall()

    def forget(self, rows: list[tuple[int, int, str]]) -> None:
        """Removes rejected rows."""
        if not rows:
            return
        table = pa.table({"file_no": pa.array([r[0] for r in rows], pa.int32()), "line_no": pa.array([r[1] for r in rows], pa.int64())})
        self.connection.register("ingest_rejected", table)
        self.connection.execute("delete from ingest_typed using ingest_rejected as r"
                                " where ingest_typed.file_no = r.file_no and ingest_typed.line_no = r.line_no")
        self.connection.unregister("ingest_rejected")

    def dated(self, dates: RunDates, file_ids: list[str], learnt_from: date) -> pa.Table:
        """The accepted rows with the technical columns, ordered by file and line; last column `file_no`."""
        self._register_files(dates, file_ids)
        names = ", ".join(f"t.{casts.quoted(name)}" for name in self.entity.names)
        table = self.connection.sql(f"""
            with rows as (select * replace (coalesce(business_date, ?) as business_date) from ingest_typed)
            select {names}, f.file_date, {KNOWN_AT} as known_at, {ASSUMED} as is_known_assumed,
                cast(1 as tinyint) as row_sign, f.file_id, t.line_no, t.business_date, t.file_no
            from rows as t join ingest_file as f using (file_no) order by file_no, line_no""", params=[learnt_from]).to_arrow_table()
        self.connection.unregister("ingest_file")
        return table

    def retractions(self, dates: RunDates, file_no: int, file_id: str, path: str) -> pa.Table:
        """Rows of the replaced file with row_sign −1, learnt when the corrected file is."""
        self._register_files(dates, [file_id], [file_no])
        names = ", ".join(f"r.{casts.quoted(name)}" for name in self.entity.names)
        business = casts.business_date(self.entity)
        table = self.connection.sql(f"""
            select {names}, f.file_date, {RETRACTED_AT} as known_at, r.is_known_assumed,
                cast(-1 as tinyint) as row_sign, f.file_id, r.line_no, {business} as business_date, f.file_no
            from (select * from read_parquet(?) where row_sign = 1) as r, ingest_file as f
            order by r.line_no""", params=[path]).to_arrow_table()
        self.connection.unregister("ingest_file")
        return table

    def _register_files(self, dates: RunDates, file_ids: list[str], numbers: list[int] | None = None) -> None:
        chosen = numbers if numbers is not None else list(range(len(self.extracts)))
        files = [self.extracts[number].file for number in chosen]
        self.connection.register("ingest_file", pa.table({
            "file_no": pa.array(chosen, pa.int32()), "file_id": pa.array(file_ids, pa.string()),
            "file_date": pa.array([f.business_to or f.delivery for f in files], pa.date32()),
            "delivery": pa.array([f.delivery for f in files], pa.date32()),
            "from_date": pa.array([dates.from_date] * len(files), pa.date32()),
            "known_date": pa.array([dates.known_date(f) for f in files], pa.date32()),
            "is_assumable": pa.array([dates.is_assumable(f) for f in files], pa.bool_()),
            "is_history": pa.array([f.is_history for f in files], pa.bool_()),
        }))

    def close(self) -> None:
        self.connection.execute("drop table if exists ingest_typed")
