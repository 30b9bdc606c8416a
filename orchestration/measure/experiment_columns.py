"""Which columns of the two experiment files are used as what, and their values as numbers or days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import KehuError
from models.experiments.plan import Plan

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
EMPTY = ("", "na", "n/a", "nan", "null", "none")
STRUCTURE = ("unit_id", "arm", "policy", "contact")


@dataclass
class Side:
    """Columns taken from one file, by kind."""

    numbers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.numbers, *self.texts, *self.days]


@dataclass
class Roles:
    """Covariate, cluster, time and who was reached, wherever they stand, and the parts of the ratio."""

    assigned: Side
    found: Side
    ratio: tuple[str, ...]

    @classmethod
    def of(cls, plan: Plan, assigned: pa.Table, found: pa.Table, paths: tuple[Path, Path]) -> "Roles":
        """Assignments are looked at first: what stands there was known before."""
        roles = cls(Side(), Side(), plan.ratio or ())
        for option, name in (("covariate", plan.covariate), ("cluster", plan.cluster), ("time", plan.time), ("reached", plan.reached)):
            if name is None:
                continue
            if name in STRUCTURE:
                raise KehuError(f"column {name} cannot be the {option} column", "name another column")
            if name not in assigned.column_names and name not in found.column_names:
                raise KehuError(
                    f"neither {paths[0].name} nor {paths[1].name} has the {option} column '{name}'",
                    f"check --{option}",
                )
            side = roles.assigned if name in assigned.column_names else roles.found
            {"covariate": side.numbers, "reached": side.numbers, "cluster": side.texts, "time": side.days}[option].append(name)
        return roles

    def metrics(self, names: Sequence[str]) -> list[str]:
        """Outcome columns to measure, the parts of the ratio among them."""
        return list(dict.fromkeys([*names, *self.ratio]))

    def found_names(self, names: Sequence[str]) -> list[str]:
        """All columns taken from the outcomes."""
        return list(dict.fromkeys([*self.metrics(names), *self.found.names]))

    @property
    def used(self) -> set[str]:
        """Columns that are no metric because they play another part."""
        return {*STRUCTURE, *self.assigned.names, *self.found.names}


def numeric_columns(table: pa.Table, roles: Roles, path: Path) -> tuple[tuple[str, ...], list[str]]:
    """(metrics, ignored text columns) of the outcomes; a mostly numeric column with text in it is an error."""
    metrics, ignored = [], []
    for name in table.column_names:
        if name in roles.used:
            continue
        column = table[name]
        if _is_number(column.type):
            metrics.append(name)
        elif not _is_text(column.type):
            ignored.append(name)
        else:
            values = _trimmed(column).drop_null()
            good = pc.sum(_numeric(values)).as_py() or 0
            if len(values) and good * 2 < len(values):
                ignored.append(name)
                continue
            if not len(values):
                ignored.append(name)
                continue
            to_numbers(table, name, path)
            metrics.append(name)
    if not metrics:
        raise KehuError(f"{path.name} has no numeric column to measure", "add one or name it with --metric")
    return tuple(metrics), ignored


def check_metrics(names: Sequence[str], plan: Plan, table: pa.Table, path: Path) -> None:
    """Every metric and part of the ratio is a column of the outcomes, and no metric is the covariate."""
    for name in [*names, *(plan.ratio or ())]:
        if name not in table.column_names:
            raise KehuError(f"{path.name} has no column '{name}' (it has {', '.join(table.column_names[:8])})", "check --metric or --ratio")
        if name in STRUCTURE or name in (plan.covariate, plan.cluster, plan.time, plan.reached):
            raise KehuError(f"column '{name}' cannot be a metric as well", "name each column once")
    if len(set(names)) < len(names):
        raise KehuError("a metric is named twice", "name each metric once")


def to_numbers(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    """Column as doubles, empty cells null; one bad cell is an error with its row."""
    column = table[name]
    if pa.types.is_boolean(column.type):
        return pc.cast(pc.cast(column, pa.int8()), pa.float64())
    if _is_number(column.type):
        return pc.cast(column, pa.float64())
    if not _is_text(column.type):
        raise KehuError(f"{path.name}: column '{name}' is {column.type}, not a number", "name a numeric column")
    values = _trimmed(column)
    good = pc.fill_null(_numeric(values), True)
    if not pc.all(good).as_py():
        row = pc.index(good, False).as_py()
        raise KehuError(f"{path.name}: row {row + 2} of column '{name}' is '{column[row]}', not a number", "correct the cell")
    return pc.cast(_booleans(values), pa.float64())


def day_text(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    """Column as ISO days in text; an empty or unreadable cell is an error with its row."""
    column = table[name]
    known: dict[object, str] = {}
    days = []
    for row, value in enumerate(column.to_pylist()):
        if value not in known:
            known[value] = _day(value, row, name, path)
        days.append(known[value])
    return pa.chunked_array([pa.array(days, pa.string())])


def _day(value: object, row: int, name: str, path: Path) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = str(value if value is not None else "").strip().replace("/", "-")
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError as broken:
        raise KehuError(
            f"{path.name}: row {row + 2} of column '{name}' is '{value or ''}', not a date", "write dates as 2026-01-31"
        ) from broken


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_null(kind)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without outer blanks, the usual words for nothing as null."""
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    return pc.if_else(pc.is_in(pc.utf8_lower(text), pa.array(EMPTY)), None, text)


def _numeric(values: pa.ChunkedArray) -> pa.ChunkedArray:
    is_word = pc.is_in(pc.utf8_lower(values), pa.array(["true", "false"]))
    return pc.or_(pc.match_substring_regex(values, NUMBER), is_word)


def _booleans(values: pa.ChunkedArray) -> pa.ChunkedArray:
    lower = pc.utf8_lower(values)
    words = pc.if_else(pc.equal(lower, "true"), "1", pc.if_else(pc.equal(lower, "false"), "0", values))
    return pc.utf8_ltrim(words, "+")
