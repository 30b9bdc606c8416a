"""The accepted rows of a batch with their knowledge time, and the retractions a corrected file brings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import numpy as np
import pyarrow as pa

from features.warehouse import Connection
from orchestration.ingest import casts
from orchestration.ingest.batch import Batch
from orchestration.ingest.casts import quoted
from orchestration.ingest.contract import Entity
from orchestration.ingest.knowledge import ASSUMED, KNOWN_AT, RETRACTED_AT, RunDates
from orchestration.ingest.landing import LandingFile


def rows(batch: Batch, dates: RunDates, file_ids: list[str], learnt_from: date) -> pa.Table:
    """Contract columns, technical columns, business_date and file_no, ordered by file and line."""
    entity, connection = batch.entity, batch.connection
    typed = ", ".join(f"{casts.typed(column, batch.schema)} as {quoted(column.name)}" for column in entity.columns)
    names = ", ".join(quoted(name) for name in entity.names)
    business = casts.business_date(entity) or f"date '{learnt_from}'"
    facts = _files(dates, [item.file for item in batch.extracts], file_ids)
    looked_up = ", ".join(f"list_extract(?, file_no + 1) as {name}" for name in facts.column_names[1:])
    connection.register("ingest_accepted", batch.accepted())
    with _in_order(connection):
        table = connection.sql(f"""
            with typed as (select file_no, line_no, {typed} from ingest_accepted),
            dated as (select *, {business} as business_date, {looked_up} from typed)
            select {names}, f.file_date, {KNOWN_AT} as known_at, {ASSUMED} as is_known_assumed,
                cast(1 as tinyint) as row_sign, f.file_id, line_no, business_date, file_no
            from dated as f""", params=[column.to_pylist() for column in facts.columns[1:]]).to_arrow_table()
    connection.unregister("ingest_accepted")
    return _sorted(table)


def retractions(
    connection: Connection, entity: Entity, dates: RunDates, file: LandingFile, file_id: str, path: str
) -> pa.Table:
    """Rows of the replaced raw file with row_sign -1, learnt when the corrected file is; file_no is 0."""
    names = ", ".join(f"r.{quoted(name)}" for name in entity.names)
    connection.register("ingest_file", _files(dates, [file], [file_id]))
    table = connection.sql(f"""
        select {names}, f.file_date, {RETRACTED_AT} as known_at, r.is_known_assumed,
            cast(-1 as tinyint) as row_sign, f.file_id, r.line_no, {casts.business_date(entity)} as business_date, f.file_no
        from ({casts.in_contract(entity, "read_parquet(?)")}) as r, ingest_file as f
        where r.row_sign = 1 order by r.line_no""", params=[path]).to_arrow_table()
    connection.unregister("ingest_file")
    return table


def of_file(table: pa.Table, file_no: int) -> pa.Table:
    """The slice of one file."""
    numbers = table["file_no"].to_numpy()
    first, last = numbers.searchsorted(file_no), numbers.searchsorted(file_no, side="right")
    return table.slice(int(first), int(last - first))


@contextmanager
def _in_order(connection: Connection) -> Iterator[None]:
    """Rows come out as they went in, which spares a sort (joins would not keep their order)."""
    [(before,)] = connection.execute("select current_setting('preserve_insertion_order')").fetchall()
    connection.execute("set preserve_insertion_order = true")
    try:
        yield
    finally:
        connection.execute(f"set preserve_insertion_order = {before}")


def _sorted(table: pa.Table) -> pa.Table:
    """Sorts only what is not in order already."""
    file_no, line_no = table["file_no"].to_numpy(), table["line_no"].to_numpy()
    is_ahead = (np.diff(file_no) > 0) | ((np.diff(file_no) == 0) & (np.diff(line_no) > 0))
    return table if is_ahead.all() else table.sort_by([("file_no", "ascending"), ("line_no", "ascending")])


def _files(dates: RunDates, files: list[LandingFile], file_ids: list[str]) -> pa.Table:
    """What the knowledge time of a row needs to know of its file."""
    return pa.table({
        "file_no": pa.array(range(len(files)), pa.int32()), "file_id": pa.array(file_ids, pa.string()),
        "file_date": pa.array([file.business_to or file.delivery for file in files], pa.date32()),
        "delivery": pa.array([file.delivery for file in files], pa.date32()),
        "from_date": pa.array([dates.from_date] * len(files), pa.date32()),
        "known_date": pa.array([dates.known_date(file) for file in files], pa.date32()),
        "is_assumable": pa.array([dates.is_assumable(file) for file in files], pa.bool_()),
        "is_history": pa.array([file.is_history for file in files], pa.bool_()),
    })
