"""Takes customers out of the store: one file or sample, one entry in the export log; nothing stale, nobody under 14."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from features import disclosure, export_log, files, warehouse
from features.audience import Compiled
from features.errors import KehuError
from features.selection import Snapshot, counted, snapshot
from features.settings import Settings
from features.state import State, opened

ENDINGS = (".csv", ".parquet", ".xlsx")
SHEET_ROWS = 1_048_575
LARGEST_SAMPLE = 10_000
"""Who wants more customers wants an export: it has a purpose and a file."""


def export(settings: Settings, expression: str, out: Path, purpose: str, as_of: date | None = None,
           known_at: date | None = None) -> dict[str, Any]:
    """Writes customer ids and the expression's tags, sorted: the same audience gives the same bytes.

    `{count, withheld_under_14_count, as_of_date, build_id, file, sha256, expanded}`.
    """
    if not purpose.strip():
        raise KehuError("an export needs a purpose", "say what the customers are for: --purpose TEXT")
    if out.suffix.lower() not in ENDINGS:
        raise KehuError(f"{out.name} has no known ending", "end the file's name in .csv, .parquet or .xlsx")
    settings.refuse_own(out, settings.exports)
    with opened(settings) as state, snapshot(settings, as_of, known_at) as found:
        if as_of is None:
            refuse_stale(state, found)
        return _write(state, found, expression, out, purpose)


def sample(settings: Settings, expression: str, size: int, purpose: str = "", as_of: date | None = None,
           known_at: date | None = None) -> dict[str, Any]:
    """`size` customers of an audience with the expression's tags: always the same ones for one snapshot; logged.

    The order is that of a hash of customer and date, so that a sample is spread over the whole audience.
    """
    if not 1 <= size <= LARGEST_SAMPLE:
        raise KehuError(f"a sample of {size} customers", f"--n from 1 to {LARGEST_SAMPLE}, or kehu audience export")
    with opened(settings) as state, snapshot(settings, as_of, known_at) as found:
        compiled = found.compiled(expression)
        disclosure.demand_purpose(compiled.names, found.sensitivities, purpose)
        rows = warehouse.records(found.connection.execute(
            f"select {_columns(compiled)} from {found.relation} where {compiled.where} and {found.permitted()}"
            f" order by md5(customer_id || '{found.as_of_date}'), customer_id limit ?", [*compiled.parameters, size]))
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()
        export_log.append(state, "sample", purpose.strip() or "look at a sample", compiled.text, found.build_id, len(rows),
                          digest, "")
        return {"items": rows, "count": len(rows), "as_of_date": found.as_of_date, "build_id": found.build_id,
                "expanded": compiled.text}


def _columns(compiled: Compiled) -> str:
    return ", ".join(["customer_id", "as_of_date", *(f'"{name}"' for name in sorted(compiled.names))])


def refuse_stale(state: State, found: Snapshot) -> None:
    """Raises KehuError where a later night was tried and its build is not in service: the tags are not tonight's."""
    last = state.one("select to_date, status from night where status <> 'running' order by to_date desc limit 1")
    if last is not None and str(last["to_date"]) > found.as_of_date.isoformat():
        raise KehuError(
            f"the store in service is of {found.as_of_date}, the night of {last['to_date']} is {last['status']}: a list"
            " made now would be stale", f"mend the night and run it again, or name the date: --as-of {found.as_of_date}")


def _write(state: State, found: Snapshot, expression: str, out: Path, purpose: str) -> dict[str, Any]:
    compiled = found.compiled(expression)
    frame = _frame(found, compiled)
    withheld = counted(found, expression, purpose)["withheld_under_14_count"]
    with files.atomic(out.absolute()) as temporary:
        write_frame(frame, temporary, out.suffix.lower(), found.as_of_date)
        digest = files.sha256(temporary)
        # The entry comes first: a file that could not be logged never gets its name.
        export_log.append(state, "audience", purpose, compiled.text, found.build_id, len(frame), digest, str(out))
    return {"count": len(frame), "withheld_under_14_count": withheld, "as_of_date": found.as_of_date,
            "build_id": found.build_id, "file": str(out), "sha256": digest, "expanded": compiled.text,
            "restricted_tags": disclosure.restricted(compiled.names, found.sensitivities)}


def _frame(found: Snapshot, compiled: Compiled) -> Any:
    """A data frame in Arrow's types: money keeps its cents, a number with gaps stays whole, a date gets no hour."""
    import pandas as pd

    rows = found.connection.sql(
        f"select {_columns(compiled)} from {found.relation} where {compiled.where} and {found.permitted()} order by customer_id",
        params=list(compiled.parameters))
    return rows.to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)


def write_frame(frame: Any, target: Path, kind: str, as_of_date: date) -> None:
    """A data frame as .csv, .parquet or .xlsx; text never becomes a formula, no clock gets into the bytes."""
    if kind == ".parquet":
        frame.to_parquet(target, index=False)
    elif kind == ".csv":
        frame.to_csv(target, index=False, encoding="utf-8-sig")
    else:
        if len(frame) > SHEET_ROWS:
            raise KehuError(f"{len(frame)} rows, an Excel sheet holds {SHEET_ROWS}", "end the file's name in .csv or .parquet")
        _write_excel(frame, target, as_of_date)


def _write_excel(frame: Any, target: Path, as_of_date: date) -> None:
    import pandas as pd

    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with target.open("wb") as stream, pd.ExcelWriter(stream, engine="xlsxwriter", engine_kwargs=options) as writer:
        writer.book.set_properties({"created": datetime(as_of_date.year, as_of_date.month, as_of_date.day)})
        frame.to_excel(writer, index=False, sheet_name="kehu")
