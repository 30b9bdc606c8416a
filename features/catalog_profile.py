"""How full each tag is and what its mean is, now and at the last month ends: the catalogue's coverage and trend."""

from datetime import date
from typing import Any

from features.warehouse import Connection, records

MONTH_ENDS = 6
NUMBERS = ("INTEGER", "BIGINT", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "HUGEINT")
KEYS = ("customer_id", "as_of_date", "currency")


def write(connection: Connection, as_of_date: date) -> None:
    """Makes `tags.profile` in the attached database `store`: one row per tag and date, from the tables of both databases.

    `mean_value` is the mean of a number and the share of true of a boolean; null for texts, dates and empty tags.
    """
    rows = _rows(connection, "store.tags.customer_tags", [as_of_date])
    rows += _rows(connection, "tags.customer_tags_all", _month_ends(connection, as_of_date))
    connection.register("tag_profile_rows", _table(rows))
    connection.execute("create or replace table store.tags.profile as select * from tag_profile_rows")
    connection.unregister("tag_profile_rows")


def _table(rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa  # a reader of the catalogue does not pay for it

    schema = pa.schema([("tag_id", pa.string()), ("as_of_date", pa.date32()), ("customer_count", pa.int64()),
                        ("filled_count", pa.int64()), ("coverage_rate", pa.float64()), ("mean_value", pa.float64())])
    return pa.Table.from_pylist(sorted(rows, key=lambda r: (r["tag_id"], r["as_of_date"])), schema)


def _month_ends(connection: Connection, as_of_date: date) -> list[date]:
    found = connection.execute(
        "select distinct as_of_date from tags.customer_tags_all where as_of_date = last_day(as_of_date) and as_of_date < ?"
        " order by as_of_date desc limit ?", [as_of_date, MONTH_ENDS]).fetchall()
    return [row[0] for row in found]


def _rows(connection: Connection, table: str, dates: list[date]) -> list[dict[str, Any]]:
    """One scan for all columns and dates."""
    columns = [(str(name), str(kind)) for name, kind, *_ in connection.execute(f"describe {table}").fetchall() if name not in KEYS]
    if not dates or not columns:
        return []
    figures = ", ".join(f"count({name}), {_mean(name, kind)}" for name, kind in columns)
    marks = ", ".join("?" for _ in dates)
    found = connection.execute(f"select as_of_date, count(*), {figures} from {table} where as_of_date in ({marks}) group by as_of_date",
                               dates).fetchall()
    return [{"tag_id": name, "as_of_date": day, "customer_count": total, "filled_count": figure[2 * n],
             "coverage_rate": figure[2 * n] / total, "mean_value": figure[2 * n + 1]}
            for day, total, *figure in found for n, (name, _) in enumerate(columns)]


def _mean(name: str, kind: str) -> str:
    """Sums are exact, so that a mean does not depend on the order of its rows."""
    if kind == "BOOLEAN":
        return f"cast(count(*) filter (where {name}) as double) / nullif(count({name}), 0)"
    if kind in NUMBERS or kind.startswith("DECIMAL"):
        return f"cast(sum(cast({name} as decimal(28, 6))) as double) / nullif(count({name}), 0)"
    return "cast(null as double)"


def trend(connection: Connection, tag: str) -> list[dict[str, Any]]:
    """`{as_of_date, filled_count, coverage_rate, mean_value}` of one tag, oldest first; empty in a store of before `tags.profile`."""
    if not connection.execute("select 1 from duckdb_tables() where schema_name = 'tags' and table_name = 'profile'").fetchall():
        return []
    return records(connection.execute(
        "select as_of_date, filled_count, coverage_rate, mean_value from tags.profile where tag_id = ? order by as_of_date", [tag]))
