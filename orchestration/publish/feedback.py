"""What the front line says of tags, attached to the tag's version that was in force when it was first published."""

from pathlib import Path
from typing import Any

from features import warehouse
from features.settings import Settings
from features.warehouse import Connection

COLUMNS = ("feedback_id varchar, tag_id varchar, tag_version integer, verdict varchar, employee_id varchar, customer_id varchar,"
           " feedback_text varchar, given_at timestamp, known_at date")


def write(settings: Settings, target: Path, catalogue: list[dict[str, Any]], former: Path | None) -> int:
    """Table `tags.feedback` of the new store: one row per word on a tag and tag (a code may have several); their number."""
    with warehouse.build(settings) as connection:
        connection.execute(f"attach '{target}' as store")
        connection.execute("create schema if not exists store.tags")
        connection.execute(f"create or replace table store.tags.feedback ({COLUMNS})")
        if _has(connection, "customer", "fct_feedback", "current_database()"):
            _former_versions(connection, former)
            _fill(connection, catalogue)
        row = connection.execute("select count(*) from store.tags.feedback").fetchone()
        connection.execute("checkpoint store")
        connection.execute("detach store")
    return int(row[0]) if row else 0


def _has(connection: Connection, schema: str, table: str, database: str) -> bool:
    return bool(connection.execute(f"select 1 from duckdb_tables() where database_name = {database} and schema_name = ?"
                                   " and table_name = ?", [schema, table]).fetchall())


def _former_versions(connection: Connection, former: Path | None) -> None:
    """Temp table `attached` (feedback_id, tag_id, tag_version): what the build in service has attached already."""
    connection.execute("create or replace temp table attached (feedback_id varchar, tag_id varchar, tag_version integer)")
    if former is None or not former.is_file():
        return
    connection.execute(f"attach '{former}' as former (read_only)")
    if _has(connection, "tags", "feedback", "'former'"):
        connection.execute("insert into attached select feedback_id, tag_id, tag_version from former.tags.feedback")
    connection.execute("detach former")


def _fill(connection: Connection, catalogue: list[dict[str, Any]]) -> None:
    connection.execute("create or replace temp table tag_now (id varchar, code varchar, version integer)")
    connection.executemany("insert into tag_now values (?, ?, ?)", [[t["id"], t["code"], t["version"]] for t in catalogue])
    connection.execute("""
        insert into store.tags.feedback
        with said as (
            select feedback_id, object_id, object_version, verdict, employee_id, customer_id, feedback_text, given_at,
                min(known_at) as known_at
            from customer.fct_feedback where object_type = 'tag'
            group by all having sum(row_sign) > 0
        )
        select f.feedback_id, t.id, coalesce(try_cast(f.object_version as integer), a.tag_version, t.version), f.verdict,
            f.employee_id, f.customer_id, f.feedback_text, f.given_at, f.known_at
        from said as f
        inner join tag_now as t on f.object_id in (t.id, t.code)
        left join attached as a on a.feedback_id = f.feedback_id and a.tag_id = t.id
        order by f.given_at, f.feedback_id, t.id""")
