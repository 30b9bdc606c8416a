"""Reads of the published store: analyst SQL, one customer's tags now, then, and as known then."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from features import tag_history, tag_volumes, warehouse
from features.errors import KehuError
from features.settings import Settings


def query(settings: Settings, sql: str, seconds: float = 30.0) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of one SELECT on the build in service; stops after `seconds`."""
    if not warehouse.is_single_select(sql):
        raise KehuError("only one SELECT statement is allowed", "remove other statements")
    with warehouse.published(warehouse.current_store(settings)) as connection:
        try:
            with warehouse.time_limit(connection, seconds):
                found = connection.execute(sql)
                return _told_apart([d[0] for d in found.description or []]), found.fetchall()
        except warehouse.Error as broken:
            raise KehuError(_first_line(broken, seconds), "kehu sql \"show all tables\" lists what is there") from broken


def _told_apart(names: list[str]) -> list[str]:
    """Columns of one name, as a join gives them, become name, name_1, …: no value may stand for another's."""
    found: list[str] = []
    for name in names:
        tries = (name, *(f"{name}_{n}" for n in range(1, len(names))))
        found.append(next(new for new in tries if new not in found and (new == name or new not in names)))
    return found


def _first_line(error: Exception, seconds: float) -> str:
    text = str(error).strip().splitlines()[0]
    return f"the statement ran longer than {seconds:g} s" if "INTERRUPT" in text.upper() else text


def build_json(settings: Settings, build_id: str | None = None) -> dict[str, Any]:
    """build.json of the build in service or of `build_id`."""
    wanted = build_id or warehouse.current_build(settings)
    if wanted is None:
        raise KehuError("nothing is published in this home yet", "kehu nightly")
    found: dict[str, Any] = json.loads((settings.published / wanted / "build.json").read_text())
    return found


def customer_tags(
    settings: Settings, customer_id: str, as_of: date | None = None, known_at: date | None = None
) -> dict[str, Any]:
    """`{as_of_date, build_id, values: {column: value}}` of one customer."""
    if as_of is None and known_at is None:
        with warehouse.published(warehouse.current_store(settings)) as connection:
            return _one(connection, "tags.customer_tags", customer_id, warehouse.current_build(settings))
    day = as_of or date.fromisoformat(build_json(settings)["as_of_date"])
    kept = tag_history.version(settings, day, known_at)
    connection = warehouse.parquet_reader()
    try:
        path = tag_volumes.paths(settings, [kept], customer_id)[kept]
        return _one(connection, f"(from read_parquet('{path}') where as_of_date = date '{day}')", customer_id, kept.version_id)
    finally:
        connection.close()


def _one(connection: warehouse.Connection, relation: str, customer_id: str, build_id: str | None) -> dict[str, Any]:
    found = connection.execute(f"select * from {relation} where customer_id = ?", [customer_id])
    names = [d[0] for d in found.description or []]
    row = found.fetchone()
    if row is None:
        raise KehuError(f"no customer '{customer_id}' in this snapshot", "kehu sql \"select customer_id from tags.customer_tags limit 5\"")
    values = dict(zip(names, row, strict=True))
    as_of = values.pop("as_of_date")
    values.pop("customer_id")
    return {"as_of_date": as_of, "build_id": build_id, "values": values}


def customer_history(settings: Settings, customer_id: str, tags: Sequence[str] = (), first: date | None = None,
                     last: date | None = None) -> list[dict[str, Any]]:
    """`{as_of_date, build_id, values: {tag: value}}` of every kept date, as known now, oldest first; `tags` empty: all of them.

    Dates on which the customer was none are left out; a tag that a date's tags lack is null there.
    """
    if first is not None and last is not None and last < first:
        raise KehuError(f"--to {last} is before --from {first}", "give the earlier date to --from")
    days = [day for day in tag_history.kept_dates(settings) if (first is None or day >= first) and (last is None or day <= last)]
    kept = tag_volumes.paths(settings, (tag_history.version(settings, day) for day in days), customer_id)
    connection = warehouse.parquet_reader()
    try:
        rows = _rows_of(connection, sorted({str(path) for path in kept.values()}), customer_id, tags) if kept else []
    finally:
        connection.close()
    found = {(row.pop("as_of_date"), row.pop("filename")): row for row in rows}
    history = [{"as_of_date": version.as_of_date, "build_id": version.version_id, "values": found[version.as_of_date, str(path)]}
               for version, path in kept.items() if (version.as_of_date, str(path)) in found]
    if not days and (first or last):
        raise KehuError(f"no date is kept from {first or 'the first'} to {last or 'the last'}", "kehu tags history without --from and --to shows all")
    if not history:
        raise KehuError(f"no customer '{customer_id}' on any kept date", "kehu sql \"select customer_id from tags.customer_tags limit 5\"")
    return history


def _rows_of(connection: warehouse.Connection, paths: list[str], customer_id: str, tags: Sequence[str]) -> list[dict[str, Any]]:
    scan, others = "read_parquet(?, union_by_name = true, filename = true)", "* exclude (filename, customer_id, as_of_date)"
    if tags:
        present = {row[0] for row in connection.execute(f"describe select {others} from {scan}", [paths]).fetchall()}
        unknown = [tag for tag in tags if tag not in present]
        if unknown:
            raise KehuError(f"no kept date has the tag '{unknown[0]}'", "kehu tags list --search TEXT finds tags")
    wanted = ", ".join(f'"{name}"' for name in tags) or others
    return warehouse.records(connection.execute(f"select as_of_date, filename, {wanted} from {scan} where customer_id = ?", [paths, customer_id]))
