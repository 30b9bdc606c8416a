"""Row count and checksum of a table in the build database, as asset metadata."""

from typing import Any

from features import warehouse
from features.settings import Settings


def describe(settings: Settings, names: list[str]) -> dict[str, dict[str, Any]]:
    """`schema.table` -> {dagster/row_count, checksum, dagster/relation_identifier} for those that exist."""
    found = {}
    with warehouse.build(settings) as connection:
        for name in names:
            try:
                row = connection.execute(f"select count(*), sum(hash(t)::hugeint) from {name} t").fetchone()
            except warehouse.Error:
                continue  # a model that this night did not reach has no table yet
            if row is not None:
                found[name] = {"dagster/row_count": row[0], "checksum": f"{row[1] or 0:x}",
                               "dagster/relation_identifier": name}
    return found
