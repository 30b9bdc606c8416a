"""Raw views as if every accepted row had been known on its own business date: what a past date looks like from today."""

from datetime import date
from typing import Any

from features.settings import Settings
from features.warehouse import Connection
from orchestration import ingest
from orchestration.ingest import casts, contract
from orchestration.ingest.casts import quoted
from orchestration.ingest.contract import TECHNICAL, Entity

EARLIEST = date(1, 1, 1)


def make_views(settings: Settings, connection: Connection, known_to: date, to_date: date) -> date:
    """Replaces the raw views: the newest word known up to `known_to` on everything dated up to `to_date`; the first date.

    Of a key and date the row learnt last counts. A corrected event meets its retraction on its own date and nets to nothing.
    """
    ingest.make_views(settings, connection, EARLIEST, known_to)
    connection.execute("create schema if not exists learnt")
    firsts = []
    for entity in _entities():
        name = f"{entity.source}_{entity.name}"
        connection.execute(f"create or replace table learnt.{name} as {_settled(entity, f'raw.{name}')}")
        connection.execute(f"create or replace view raw.{name} as select * from learnt.{name} where known_at <= date '{to_date}'")
        firsts.append(connection.execute(f"select min(known_at) from learnt.{name}").fetchall()[0][0])
    return min((day for day in firsts if day is not None), default=to_date)


def _entities() -> list[Entity]:
    return [entity for name in contract.source_names() for entity in contract.load(name).entities]


def _settled(entity: Entity, relation: str) -> str:
    business = casts.business_date(entity)
    if business is None:  # undated rows keep the date on which they were learnt
        return f"select * from {relation}"
    names = ", ".join(f"{business} as known_at" if name == "known_at" else quoted(name) for name in [*entity.names, *TECHNICAL])
    newest = "" if entity.is_event else (
        f" qualify row_number() over (partition by {', '.join(map(quoted, entity.key))}"
        f" order by {relation.split('.')[1]}.known_at desc, line_no desc) = 1")
    return f"select {names} from {relation}{newest}"


def learnt_later(settings: Settings, connection: Connection, as_of: date, known_to: date) -> dict[str, dict[str, Any]]:
    """`{source.entity: {row_count, corrected_count}}` of rows dated up to `as_of` that were learnt after it.

    Corrected are events taken back; a snapshot entity's rows of a key and date told before count as well.
    """
    ingest.make_views(settings, connection, EARLIEST, known_to)
    found = {}
    for entity in _entities():
        business, relation = casts.business_date(entity), f"raw.{entity.source}_{entity.name}"
        if business is None:
            continue
        is_corrected = "row_sign < 0" if entity.is_event else "told > 1"
        told = "1" if entity.is_event else f"row_number() over (partition by {', '.join(map(quoted, entity.key))} order by known_at)"
        rows, corrected = connection.execute(
            f"select count(*) filter (where row_sign > 0), count(*) filter (where {is_corrected}) from"
            f" (select known_at, row_sign, {told} as told from {relation} where {business} <= ?) where known_at > ?",
            [as_of, as_of]).fetchall()[0]
        if rows or corrected:
            found[f"{entity.source}.{entity.name}"] = {"row_count": rows, "corrected_count": corrected}
    return found
