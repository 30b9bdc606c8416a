"""What a restatement changed in one date: customers per tag, and why."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features import warehouse
from features.disclosure import hidden
from features.settings import Settings
from features.warehouse import Connection

KEYS = ("customer_id", "as_of_date")
Rows = Mapping[str, Mapping[str, Any]]


def dates(former: Path, restated: Path) -> dict[str, Any]:
    """`{customer_count, changed_count, added_count, removed_count, columns: {tag: changed customers}, new, gone}`."""
    connection = warehouse.memory()
    try:
        before, after = _columns(connection, former), _columns(connection, restated)
        both = [name for name in after if name in before]
        differs = [f'a."{name}" is distinct from b."{name}"' for name in both]
        is_kept = "a.customer_id is not null and b.customer_id is not null"
        figures = ", ".join(f"count(*) filter (where {is_kept} and {test})" for test in differs)
        customers, added, removed, changed, *counts = connection.execute(
            f"select count(b.customer_id), count(*) filter (where a.customer_id is null), count(*) filter (where b.customer_id is null),"
            f" count(*) filter (where {is_kept} and ({' or '.join(differs)})), {figures} from read_parquet('{former}') a"
            f" full join read_parquet('{restated}') b on a.customer_id = b.customer_id").fetchall()[0]
    finally:
        connection.close()
    return {"customer_count": customers, "changed_count": changed, "added_count": added, "removed_count": removed,
            "columns": {name: count for name, count in zip(both, counts, strict=True) if count},
            "new": [name for name in after if name not in before], "gone": [name for name in before if name not in after]}


def _columns(connection: Connection, path: Path) -> list[str]:
    return [row[0] for row in connection.execute(f"describe select * from read_parquet('{path}')").fetchall() if row[0] not in KEYS]


def explained(found: dict[str, Any], sources: Mapping[str, list[str]], versions: Mapping[str, Any], former: Mapping[str, Any],
              learnt: Rows) -> list[dict[str, Any]]:
    """One row per changed tag: `{tag_id, changed_count, is_hidden, reasons}`; counts under 10 are hidden.

    Reasons: `definition` (another version, or a tag that is new or gone), `rows: <entities>` (late or corrected rows among what
    the tag is built from), `untold` (neither: the tag's SQL or a parameter changed under the same version).
    """
    rows = []
    for tag in [*found["columns"], *found["new"], *found["gone"]]:
        is_defined = tag in found["new"] or tag in found["gone"] or (tag in former and former[tag] != versions.get(tag))
        entities = sorted(name for name in learnt if not sources.get(tag) or _is_source(name, sources[tag]))
        reasons = ["definition"] * is_defined + ([f"rows: {', '.join(entities)}"] if entities else [])
        row = {"tag_id": tag, "changed_count": found["columns"].get(tag)}
        rows.append({**hidden(row, "changed_count"), "reasons": reasons or ["untold"]})
    return rows


def _is_source(entity: str, sources: list[str]) -> bool:
    return any(source.split(".")[-1] == entity.replace(".", "_") for source in sources)


def catalogue(settings: Settings, build_id: str) -> list[dict[str, Any]]:
    """Rows of a build's tag catalogue; none where the build is no longer on disk."""
    path = settings.published / build_id / "store.duckdb"
    if not path.is_file():
        return []
    with warehouse.published(path, hardened=False) as connection:
        rows = warehouse.records(connection.execute("select id, version, sources from tags.catalogue"))
    return [{**row, "sources": json.loads(row["sources"] or "[]")} for row in rows]
