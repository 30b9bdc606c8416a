"""Point-in-time reads for models: feature views (and targets) of a date as float32 Fortran frames."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from features.errors import KehuError
from features.frame import FLOAT, Frame

KEYS = ("as_of_date", "customer_id")
NUMERIC = re.compile(r"^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE"
                     r"|BOOLEAN|DECIMAL\(.*\))$")
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
OPERATORS = {"=": "is not distinct from", "!=": "is distinct from", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
             "in": "in", "is_null": "is null", "not_null": "is not null"}
SAMPLE_UNIT = 1_000_000


class Connection(Protocol):
    """What is needed of a DuckDB connection (only `features.warehouse` opens one)."""

    def execute(self, query: str, parameters: Any = ...) -> Any: ...

    def sql(self, query: str, *, params: Any = ...) -> Any: ...


@dataclass(frozen=True)
class Condition:
    """One column filter over `tags.customer_tags_all`; = and != treat null as a value."""

    column: str
    operator: str
    value: Any = None


@dataclass(frozen=True)
class Rows:
    """Customers in the order of the frame's rows, with their targets where a target was asked for."""

    customer_ids: pa.ChunkedArray
    frame: Frame
    target: np.ndarray | None = None


def column_types(connection: Connection, schema: str, table: str) -> dict[str, str]:
    """Column names and types of a table in order; KehuError when the build has none."""
    found = connection.execute("select column_name, data_type from information_schema.columns where table_schema = ? "
                               "and table_name = ? order by ordinal_position", [schema, table]).fetchall()
    if not found:
        raise KehuError(f"the build database has no table {schema}.{table}", "kehu nightly builds it")
    return dict(found)


def feature_columns(connection: Connection, views: Sequence[str], wanted: Sequence[str] | None) -> dict[str, str]:
    """Feature name -> view, in the order asked for (None: every numeric column of the views)."""
    owner: dict[str, str] = {}
    types: dict[str, str] = {}
    for view in views:
        for name, kind in column_types(connection, "features", view).items():
            if name in KEYS:
                continue
            if name in owner:
                raise KehuError(f"feature {name} is in both {owner[name]} and {view}", "rename it in one feature view")
            owner[name], types[name] = view, kind
    if wanted is None:
        return {name: view for name, view in owner.items() if NUMERIC.match(types[name])}
    for name in wanted:
        if name not in owner or not NUMERIC.match(types[name]):
            raise KehuError(f"{', '.join(views)} have no numeric feature {name}", "name another in the manifest")
    return {name: owner[name] for name in wanted}


def matured_dates(connection: Connection, target: str, horizon_days: int, as_of_date: date, last: int) -> list[date]:
    """The newest `last` dates of a target whose window has closed by `as_of_date`, oldest first."""
    column_types(connection, "targets", target)
    found = connection.execute(
        f"select distinct as_of_date from targets.{_name(target)} where as_of_date + ?::integer <= ?::date "
        "order by as_of_date desc limit ?", [horizon_days, as_of_date, last]).fetchall()
    return sorted(row[0] for row in found)


def newest_date(connection: Connection, view: str, as_of_date: date) -> date:
    """The last date of a feature view up to `as_of_date`."""
    column_types(connection, "features", view)
    found: date | None = connection.execute(f"select max(as_of_date) from features.{_name(view)} where as_of_date <= ?::date",
                                            [as_of_date]).fetchall()[0][0]
    if found is None:
        raise KehuError(f"features.{view} has no rows up to {as_of_date}", f"kehu nightly --date {as_of_date}")
    return found


def target_counts(connection: Connection, target: str, dates: Sequence[date]) -> tuple[int, int]:
    """(negatives, positives) of a target on these dates."""
    zero, one = connection.execute(
        f"select count(*) filter (target = 0), count(*) filter (target = 1) from targets.{_name(target)} "
        "where list_contains(?::date[], as_of_date)", [list(dates)]).fetchall()[0]
    return zero, one


def training_rows(connection: Connection, features: dict[str, str], target: str, dates: Sequence[date],
                  max_rows: int) -> Rows:
    """Every positive and a hash sample of negatives (weighted back), joined with the features of the same date.

    Sorted by date and customer, so the same tables give the same bytes.
    """
    negatives, positives = target_counts(connection, target, dates)
    share = min(1.0, max(max_rows - positives, 1) / max(negatives, 1))
    limit = max(1, int(share * SAMPLE_UNIT))
    sql = (f"select t.as_of_date, t.customer_id, t.target::tinyint as target{_select(features)} "
           f"from targets.{_name(target)} t {_joins(features, 't')} where list_contains(?::date[], t.as_of_date) "
           f"and (t.target = 1 or md5_number_lower(t.customer_id || t.as_of_date) % {SAMPLE_UNIT} < ?) "
           "order by t.as_of_date, t.customer_id")
    table = connection.sql(sql, params=[list(dates), limit]).to_arrow_table()
    outcome = table["target"].to_numpy()
    weights = np.where(outcome == 1, 1.0, SAMPLE_UNIT / limit).astype(FLOAT)
    return Rows(table["customer_id"], _frame(table, features, weights), outcome)


def feature_rows(connection: Connection, features: dict[str, str], as_of_date: date,
                 eligible: Sequence[Condition] = (), max_rows: int | None = None) -> Rows:
    """The features of one date, sorted by customer; `eligible` filters, `max_rows` takes a hash sample."""
    where, parameters = _conditions(connection, eligible)
    first = next(iter(features.values()))
    spine = f"features.{_name(first)} t"
    if eligible:
        spine += " join tags.customer_tags_all e on e.customer_id = t.customer_id and e.as_of_date = t.as_of_date"
    sample = _sample(connection, first, as_of_date, max_rows)
    table = connection.sql(
        f"select t.as_of_date, t.customer_id{_select(features)} from {spine} {_joins(features, 't')} "
        f"where t.as_of_date = ?::date{where}{sample} order by t.customer_id",
        params=[as_of_date, *parameters]).to_arrow_table()
    return Rows(table["customer_id"], _frame(table, features))


def _sample(connection: Connection, view: str, as_of_date: date, max_rows: int | None) -> str:
    count = connection.execute(f"select count(*) from features.{_name(view)} where as_of_date = ?::date",
                               [as_of_date]).fetchall()[0][0]
    if not count:
        raise KehuError(f"features.{view} has no rows for {as_of_date}", f"kehu nightly --date {as_of_date}")
    if max_rows is None or count <= max_rows:
        return ""
    limit = int(SAMPLE_UNIT * max_rows / count)
    return f" and md5_number_lower(t.customer_id || t.as_of_date) % {SAMPLE_UNIT} < {limit}"


def _conditions(connection: Connection, eligible: Sequence[Condition]) -> tuple[str, list[Any]]:
    known = column_types(connection, "tags", "customer_tags_all") if eligible else {}
    sql, parameters = "", []
    for condition in eligible:
        if condition.column not in known:
            raise KehuError(f"the eligibility rule names the tag {condition.column}, which does not exist")
        sql += f' and e."{_name(condition.column)}" {OPERATORS[condition.operator]}'
        if condition.operator == "in":
            sql += f" ({', '.join('?' * len(condition.value))})"
            parameters += condition.value
        elif condition.operator not in ("is_null", "not_null"):
            sql += " ?"
            parameters.append(condition.value)
    return sql, parameters


def _select(features: dict[str, str]) -> str:
    return "".join(f', {_name(view)}."{_name(name)}"::float as "{name}"' for name, view in features.items())


def _joins(features: dict[str, str], spine: str) -> str:
    views = dict.fromkeys(features.values())
    return " ".join(f"left join features.{_name(view)} {view} on {view}.customer_id = {spine}.customer_id "
                    f"and {view}.as_of_date = {spine}.as_of_date" for view in views)


def _frame(table: pa.Table, features: dict[str, str], weights: np.ndarray | None = None) -> Frame:
    values = np.empty((table.num_rows, len(features)), dtype=FLOAT, order="F")
    for position, name in enumerate(features):
        values[:, position] = table[name].to_numpy()
    return Frame(tuple(features), values, table["as_of_date"].to_numpy().astype("datetime64[D]"), weights)


def _name(identifier: str) -> str:
    if not NAME.match(identifier):
        raise KehuError(f"{identifier!r} is no name of a table or column (lower case letters, digits, _)")
    return identifier
