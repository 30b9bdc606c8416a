"""Rows of several files of one entity inside DuckDB, judged one by one and made unique."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa

from features.warehouse import Connection
from orchestration.ingest import casts, extract
from orchestration.ingest.casts import quoted
from orchestration.ingest.contract import Column, Entity, Source
from orchestration.ingest.extract import Extract

DUPLICATE = "duplicate key"
Rejected = list[tuple[int, int, str]]


@dataclass(frozen=True)
class Stored:
    """A raw file that holds keys of overlapping dates; its +1 rows do not count when it is being replaced."""

    path: str
    file_id: str
    is_replaced: bool


class Batch:
    """The rows of one batch in DuckDB; `file_no` is the position in `extracts`.

    `ingest_rows` are the rows as delivered (Arrow, not copied); `ingest_judged` holds only what the verdict needs.
    """

    def __init__(
        self, connection: Connection, source: Source, entity: Entity, extracts: list[Extract]
    ) -> None:
        self.connection, self.source, self.entity, self.extracts = connection, source, entity, extracts
        self.schema = extracts[0].schema
        self.rows = extract.rows(source, entity, extracts)
        self.refused: list[int] = []
        self.rejected: Rejected = []

    def type_rows(self) -> None:
        """Finds the first fault of every row; raises Unacceptable for a column of the wrong type."""
        columns = self.entity.columns
        pairs = [f"{casts.raw_value(c, self.schema)} as {quoted('r_' + c.name)}, {self._typed(c)}" for c in columns]
        renamed = ", ".join(f"{quoted('p_' + c.name)} as {quoted(c.name)}, {quoted('r_' + c.name)}" for c in columns)
        business = casts.business_date(self.entity) or "cast(null as date)"
        self.connection.register("ingest_rows", self.rows)
        self.connection.execute(f"""
            create or replace temp table ingest_judged as
            with delivered as (select file_no, line_no, {', '.join(pairs)} from ingest_rows),
            named as (select file_no, line_no, {renamed} from delivered)
            select file_no, line_no, {self._key()}, {business} as business_date, {casts.reason(self.entity)} as reason
            from named""")

    def _typed(self, column: Column) -> str:
        return f"{casts.typed(column, self.schema)} as {quoted('p_' + column.name)}"

    def _key(self) -> str:
        return ", ".join(map(quoted, self.entity.key))

    def faults(self) -> Rejected:
        """Rows that break the contract."""
        return self.connection.execute(
            "select file_no, line_no, reason from ingest_judged where reason is not null order by all").fetchall()

    def totals(self, column: str) -> dict[int, tuple[Decimal, int]]:
        """Per file: total of a column over all rows, and how many faulty rows have no readable value in it."""
        found = self.connection.execute(f"""
            with amounts as (
                select file_no, line_no, {casts.typed(self.entity.column(column), self.schema)} as amount from ingest_rows),
            faulty as (select file_no, line_no, true as is_faulty from ingest_judged where reason is not null)
            select file_no, coalesce(sum(amount), 0), count(*) filter (is_faulty and amount is null)
            from amounts left join faulty using (file_no, line_no) group by file_no""").fetchall()
        return {file_no: (total, unreadable) for file_no, total, unreadable in found}

    def refuse(self, file_numbers: list[int]) -> None:
        """Forgets all rows of files that were given up."""
        self.refused += file_numbers
        self.connection.execute("delete from ingest_judged where list_contains(?, file_no)", [file_numbers])

    def reject(self, rows: Rejected) -> None:
        """Marks rows that will not be loaded."""
        if not rows:
            return
        table = pa.table({"file_no": pa.array([row[0] for row in rows], pa.int32()),
                          "line_no": pa.array([row[1] for row in rows], pa.int64())})
        self.rejected += rows
        self.connection.register("ingest_found", table)
        self.connection.execute("delete from ingest_judged using ingest_found as r where"
                                " ingest_judged.file_no = r.file_no and ingest_judged.line_no = r.line_no")
        self.connection.unregister("ingest_found")

    def date_range(self) -> tuple[date, date] | None:
        """First and last business date of the rows left."""
        [(first, last)] = self.connection.execute(
            "select min(business_date), max(business_date) from ingest_judged").fetchall()
        return None if first is None else (first, last)

    def duplicates(self, stored: list[Stored]) -> Rejected:
        """Later rows of a key, and rows of events that an earlier file brought already."""
        inside = self._repeated()
        before = self._known_already(stored) if stored and self.entity.is_event else []
        is_seen = {row[:2] for row in inside}
        return inside + [row for row in before if row[:2] not in is_seen]

    def _repeated(self) -> Rejected:
        scope = self._key() if self.entity.is_event else f"file_no, {self._key()}"
        self.connection.execute(f"""
            create or replace temp table ingest_repeated as select * from ingest_judged semi join
            (select {scope} from ingest_judged group by {scope} having count(*) > 1) using ({scope})""")
        if self.connection.execute("select count(*) from ingest_repeated").fetchall() == [(0,)]:
            return []
        return self.connection.execute(f"""
            with delivered as (select file_no, line_no, hash({', '.join(map(quoted, self.entity.names))}) as content
                               from ingest_rows),
            ordered as (
                select file_no, line_no, content, row_number() over w as position,
                    first_value(line_no) over w as first_line, first_value(content) over w as first_content
                from ingest_repeated join delivered using (file_no, line_no)
                window w as (partition by {scope} order by file_no, line_no))
            select file_no, line_no, '{DUPLICATE}: ' || case when content = first_content
                then 'same row as line ' || first_line else 'other values than line ' || first_line end
            from ordered where position > 1 order by all""").fetchall()

    def _known_already(self, stored: list[Stored]) -> Rejected:
        """Rows whose key stands (net of retractions) in raw files of overlapping dates."""
        replaced = [file.file_id for file in stored if file.is_replaced]
        return self.connection.execute(f"""
            with known as (
                select {self._key()} from read_parquet(?) where not (row_sign = 1 and list_contains(?, file_id))
                group by {self._key()} having sum(row_sign) > 0)
            select file_no, line_no, '{DUPLICATE}: an earlier file has this key'
            from ingest_judged semi join known using ({self._key()}) order by all""",
            [[file.path for file in stored], replaced]).fetchall()

    def accepted(self) -> pa.Table:
        """The rows as delivered without rejected rows and refused files, in their order."""
        file_no, line_no = self.rows["file_no"].to_numpy(), self.rows["line_no"].to_numpy()
        is_kept = ~np.isin(file_no, self.refused)
        for number in {row[0] for row in self.rejected}:
            first, last = file_no.searchsorted([number, number + 1])
            is_kept[first:last] &= ~np.isin(line_no[first:last], [row[1] for row in self.rejected if row[0] == number])
        return self.rows if is_kept.all() else self.rows.filter(pa.array(is_kept))

    def close(self) -> None:
        """Frees the memory of the batch."""
        self.connection.unregister("ingest_rows")
        for table in ("ingest_judged", "ingest_repeated"):
            self.connection.execute(f"drop table if exists {table}")
