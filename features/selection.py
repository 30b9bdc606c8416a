"""Selects customers of a published snapshot by audience expression: count, explain, profile, export."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features import clock, files, store, warehouse
from features.audience import Compiled, catalogue_of, compile_expression
from features.errors import KehuError
from features.settings import Settings

SMALL_CELL = 10
"""Groups smaller than this are hidden in profiles."""


@dataclass(frozen=True)
class Snapshot:
    """A connection on which `relation` holds one row per customer as of a date."""

    connection: warehouse.Connection
    relation: str
    as_of_date: date
    build_id: str

    def catalogue(self) -> dict[str, str]:
        """{tag id: text | number | boolean | date} of the columns that are there."""
        described = self.connection.execute(f"describe select * from {self.relation}").fetchall()
        return catalogue_of((row[0], row[1]) for row in described if row[0] not in ("customer_id", "as_of_date"))

    def compiled(self, expression: str) -> Compiled:
        return compile_expression(expression, self.catalogue())


@contextmanager
def snapshot(settings: Settings, as_of: date | None = None) -> Iterator[Snapshot]:
    """The build in service, or the kept history of an earlier date."""
    build_id = warehouse.current_build(settings)
    current = warehouse.current_store(settings)
    record = store.build_json(settings, build_id)
    if as_of is None or as_of.isoformat() == record["as_of_date"]:
        with warehouse.published(current) as connection:
            yield Snapshot(connection, "tags.customer_tags", date.fromisoformat(record["as_of_date"]), str(build_id))
        return
    path = store.snapshot_path(settings, as_of)
    connection = warehouse.memory()
    try:
        yield Snapshot(connection, f"read_parquet('{path}')", as_of, Path(path).stem)
    finally:
        connection.close()


def count(settings: Settings, expression: str, as_of: date | None = None) -> dict[str, Any]:
    """`{count, as_of_date, build_id, seconds}`."""
    started = clock.monotonic()
    with snapshot(settings, as_of) as found:
        compiled = found.compiled(expression)
        number = found.connection.execute(
            f"select count(*) from {found.relation} where {compiled.where}", compiled.parameters).fetchone()
        return {"count": number[0] if number else 0, "as_of_date": found.as_of_date, "build_id": found.build_id,
                "seconds": round(clock.monotonic() - started, 4)}


def explain(settings: Settings, expression: str) -> dict[str, Any]:
    """`{expression, sql, parameters, tags}`: what an expression compiles to."""
    with snapshot(settings) as found:
        compiled = found.compiled(expression)
        return {"expression": expression, "tags": sorted(compiled.names), "parameters": list(compiled.parameters),
                "sql": f"select customer_id from {found.relation} where {compiled.where}"}


def profile(settings: Settings, expression: str, limit: int = 20) -> dict[str, Any]:
    """The tags in which an audience differs most from the bank; cells under SMALL_CELL are hidden.

    Items `{tag, value, audience_rate, bank_rate, index}` for booleans and categories (index 100 = the bank),
    `{tag, value: 'mean', audience_mean, bank_mean, index}` for numbers.
    """
    with snapshot(settings) as found:
        compiled = found.compiled(expression)
        catalogue = found.catalogue()
        size = _audience_table(found, compiled)
        rows = [] if size < SMALL_CELL else [row for tag, kind in catalogue.items() for row in _differences(found, tag, kind, size)]
    rows.sort(key=lambda row: (-abs(row["index"] - 100), row["tag"], str(row["value"])))
    return {"items": rows[:limit], "count": min(limit, len(rows)), "size": size, "as_of_date": found.as_of_date,
            "build_id": found.build_id}


def _audience_table(found: Snapshot, compiled: Compiled) -> int:
    found.connection.execute(
        f"create or replace temp table a as select *, coalesce({compiled.where}, false) as is_member__ from {found.relation}",
        compiled.parameters)
    row = found.connection.execute("select count(*) from a where is_member__").fetchone()
    return int(row[0]) if row else 0


def _differences(found: Snapshot, tag: str, kind: str, size: int) -> list[dict[str, Any]]:
    if kind == "date":
        return []
    if kind == "number":
        means = found.connection.execute(f"select avg({tag}) filter (where is_member__), avg({tag}) from a").fetchone()
        inside, bank = means if means else (None, None)
        if inside is None or not bank:
            return []
        return [{"tag": tag, "value": "mean", "audience_mean": inside, "bank_mean": bank, "index": 100 * inside / bank}]
    groups = found.connection.execute(
        f"select {tag}, count(*) filter (where is_member__), count(*) from a where {tag} is not null group by 1").fetchall()
    total = sum(row[2] for row in groups)
    return [
        {"tag": tag, "value": value, "audience_rate": inside / size, "bank_rate": whole / total,
         "index": 100 * (inside / size) / (whole / total)}
        for value, inside, whole in groups if inside >= SMALL_CELL and whole - inside >= SMALL_CELL
    ]


def export(settings: Settings, expression: str, out: Path) -> dict[str, Any]:
    """Writes the audience's customer ids and the expression's tags, sorted; `{count, sha256, …}`."""
    with snapshot(settings) as found:
        compiled = found.compiled(expression)
        columns = ", ".join(["customer_id", "as_of_date", *sorted(compiled.names)])
        frame = found.connection.execute(
            f"select {columns} from {found.relation} where {compiled.where} order by customer_id",
            compiled.parameters).df()
        write_frame(frame, out)
        return {"count": len(frame), "as_of_date": found.as_of_date, "build_id": found.build_id, "file": str(out),
                "sha256": files.sha256(out)}


def write_frame(frame: Any, out: Path) -> None:
    """A data frame as CSV, Parquet or Excel by the file's ending; text never becomes a formula."""
    kind = out.suffix.lower()
    if kind not in (".csv", ".parquet", ".xlsx"):
        raise KehuError(f"{out.name} has no known ending", "end the file's name in .csv, .parquet or .xlsx")
    with files.atomic(out.absolute()) as temporary:
        if kind == ".parquet":
            frame.to_parquet(temporary, index=False)
        elif kind == ".csv":
            frame.to_csv(temporary, index=False, encoding="utf-8-sig")
        else:
            _write_excel(frame, temporary)


def _write_excel(frame: Any, target: Path) -> None:
    import pandas as pd

    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with target.open("wb") as stream, pd.ExcelWriter(stream, engine="xlsxwriter", engine_kwargs=options) as writer:
        frame.to_excel(writer, index=False, sheet_name="kehu")
