"""The declarations of sources and their entities (sources/<source>/*.yml) as frozen dataclasses."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from features.errors import KehuError

SOURCES = Path(__file__).parent / "sources"
TYPES = {
    "id": "VARCHAR", "str": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP", "bool": "BOOLEAN",
    "int": "INTEGER", "dec": "DECIMAL(18,2)", "double": "DOUBLE",
    "yyyymmdd": "DATE", "yymmdd": "DATE", "yymmdd_time": "VARCHAR",
}
TECHNICAL = {
    "file_date": "DATE", "known_at": "DATE", "is_known_assumed": "BOOLEAN", "row_sign": "TINYINT",
    "file_id": "VARCHAR", "line_no": "BIGINT",
}


@dataclass(frozen=True)
class Column:
    """One column of an extract; `above` is an exclusive lower bound, `null_values` count as empty.

    An optional column may be absent from a file: it is null then.
    """

    name: str
    type: str
    is_required: bool
    is_optional: bool
    values: tuple[str, ...]
    above: Decimal | None
    null_values: tuple[str, ...]
    meaning: str

    @property
    def sql_type(self) -> str:
        return TYPES[self.type]


@dataclass(frozen=True)
class Entity:
    """One kind of extract; `learnt_with` names the entity whose first business date dates an undated one."""

    source: str
    name: str
    kind: str
    key: tuple[str, ...]
    business_date: str | None
    learnt_with: str | None
    amount_column: str | None
    description: str
    columns: tuple[Column, ...]
    contract_hash: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def names_with(self, found: Sequence[str]) -> tuple[str, ...]:
        """The columns that a file with the columns `found` must have: all but the optional ones that it lacks."""
        return tuple(c.name for c in self.columns if c.name in found or not c.is_optional)

    @property
    def is_event(self) -> bool:
        return self.kind == "event"

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Arrival:
    """A file that every business date needs: due at `due` (HH:MM, Shanghai) of the day after."""

    entity: str
    due: str
    on_late: str


@dataclass(frozen=True)
class Source:
    """How the files of one source look and what is tolerated in them."""

    name: str
    title: str
    naming: str
    delimiter: str
    encodings: tuple[str, ...]
    max_reject_rate: float
    min_reject_count: int
    max_duplicate_rate: float
    is_cut_tail_tolerated: bool
    arrivals: tuple[Arrival, ...]
    entities: tuple[Entity, ...]

    def entity(self, name: str) -> Entity | None:
        return next((entity for entity in self.entities if entity.name == name), None)


def source_names() -> list[str]:
    """Names of all declared sources."""
    return sorted(path.parent.name for path in SOURCES.glob("*/_source.yml"))


@cache
def load(name: str) -> Source:
    """The declaration of one source; KehuError names what is wrong in which file."""
    path = SOURCES / name / "_source.yml"
    if not path.is_file():
        known = ", ".join(source_names())
        raise KehuError(f"source {name!r} is not declared", f"use one of {known}, or add sources/{name}/_source.yml")
    try:
        return _source(name, path, _read(path))
    except KeyError as absent:
        raise KehuError(f"{path}: {absent.args[0]} is missing", "see sources/core/_source.yml") from absent


def _source(name: str, path: Path, body: Mapping[str, Any]) -> Source:
    rejects, delimiter = body["rejects"], str(body["delimiter"])
    if len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii():
        raise KehuError(f"{path}: delimiter is {delimiter!r}", "use one ASCII character")
    for encoding in body["encodings"]:
        _one_of(path, "encoding", encoding, ("utf-8", "gb18030"))
    return Source(
        name, body["title"], _one_of(path, "naming", body["naming"], ("dated", "plain")), delimiter,
        tuple(body["encodings"]), float(rejects["max_rate"]), int(rejects["min_count"]),
        float(rejects["max_duplicate_rate"]), bool(body.get("tolerate_cut_last_line", False)),
        tuple(_arrival(path, found, body["entities"]) for found in body.get("required", [])),
        tuple(_entity(name, path.with_name(f"{entity}.yml")) for entity in body["entities"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as absent:
        raise KehuError(f"{path} is missing", "every entity of _source.yml needs its declaration") from absent
    except yaml.YAMLError as broken:
        raise KehuError(f"{path} is not valid YAML: {str(broken).splitlines()[0]}") from broken
    if not isinstance(body, dict):
        raise KehuError(f"{path} holds no mapping")
    return body


def _one_of(path: Path, key: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise KehuError(f"{path}: {key} is {value!r}", f"use one of {', '.join(allowed)}")
    return value


def _arrival(path: Path, body: Mapping[str, str], entities: list[str]) -> Arrival:
    _one_of(path, "required entity", body["entity"], tuple(entities))
    return Arrival(body["entity"], str(body["due"]), _one_of(path, "on_late", body["on_late"], ("wait", "block", "continue")))


def _entity(source: str, path: Path) -> Entity:
    body = _read(path)
    try:
        columns = tuple(_column(path, name, found or {}) for name, found in body["columns"].items())
        entity = Entity(
            source, path.stem, _one_of(path, "kind", body["kind"], ("event", "snapshot")), tuple(body["key"]),
            body.get("business_date"), body.get("learnt_with"), body.get("amount_column"), body["description"],
            columns, hashlib.sha256(path.read_bytes()).hexdigest()[:16])
    except KeyError as absent:
        raise KehuError(f"{path}: {absent.args[0]} is missing", "see the contract pages for a whole declaration") from absent
    wanted = [*entity.key, *filter(None, (entity.business_date, entity.amount_column))]
    for name in set(wanted) - set(entity.names):
        raise KehuError(f"{path}: {name} is used but is no column")
    for column in entity.columns:
        if column.is_optional and (column.is_required or column.name in wanted):
            raise KehuError(f"{path}: {column.name} is optional, but required or used as key, date or amount")
    return entity


def _column(path: Path, name: str, body: Mapping[str, Any]) -> Column:
    kind = _one_of(path, f"type of {name}", body.get("type", "str"), tuple(TYPES))
    above = body.get("above")
    return Column(
        name, kind, bool(body.get("required", False)), bool(body.get("optional", False)), tuple(str(v) for v in body.get("values", ())),
        None if above is None else Decimal(str(above)), tuple(str(v) for v in body.get("null_values", ())),
        str(body.get("meaning", "")))
