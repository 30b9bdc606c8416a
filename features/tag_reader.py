"""Reads the published catalogue: find a tag, show it with its coverage and distribution, explain a customer."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from features import catalog_profile, disclosure, store, tag_search, tag_words, warehouse
from features.errors import KehuError
from features.settings import Settings

LARGEST_DISTRIBUTION = 20
NEWEST_COMMENTS = 5
LISTS = ("allowed_values", "inputs", "sources", "source_columns", "used_by")


def find(settings: Settings, domain: str | None = None, search: str | None = None,
         build_id: str | None = None) -> list[dict[str, Any]]:
    """Catalogue rows, optionally of one domain, or holding a text in code, id, names or definitions."""
    rows = _catalogue(settings, build_id)
    if domain is not None:
        domains = sorted({str(r["domain"]) for r in rows})
        if domain not in domains:
            raise KehuError(f"no domain '{domain}'", f"one of {', '.join(domains)}")
        rows = [r for r in rows if r["domain"] == domain]
    if search:
        rows = [r for r in rows if tag_search.matches(search, r)]
    return rows


def show(settings: Settings, tag: str, build_id: str | None = None) -> dict[str, Any]:
    """One catalogue row by id or code, with `coverage_rate`, `customer_count`, `distribution`, `trend`, `feedback`, and its build."""
    rows = _catalogue(settings, build_id)
    found = [r for r in rows if tag.lower() in (str(r["id"]).lower(), str(r["code"]).lower())]
    if not found:
        near = tag_search.nearest(tag.lower(), [str(r["id"]) for r in rows])
        raise KehuError(f"no tag '{tag}'", f"did you mean {' or '.join(near)}?" if near else "kehu tags list --search TEXT")
    with warehouse.published(_store(settings, build_id)) as connection:
        described = [_described(connection, row) | {"feedback": _comments(connection, str(row["id"]))} for row in found]
    document = described[0] if len(described) == 1 else {"code": tag, "columns": described}
    return {**document, "build_id": build_id or warehouse.current_build(settings)}


def disclosed(shown: dict[str, Any]) -> dict[str, Any]:
    """What `show` found, with null for counts of groups so small that a customer could be known by them, or by the others."""
    if "columns" in shown:
        return {**shown, "columns": [disclosed(column) for column in shown["columns"]]}
    counts = {place: entry["count"] for place, entry in enumerate(shown["distribution"]) if "count" in entry}
    unseen = disclosure.hidden_cells(counts, [counts])
    return {**shown, "distribution": [disclosure.without(entry, ["count"] if place in unseen else []) if place in counts else entry
                                      for place, entry in enumerate(shown["distribution"])],
            "trend": [_share_disclosed(entry) if shown.get("value_type") == "boolean" else entry for entry in shown["trend"]]}


def _share_disclosed(entry: dict[str, Any]) -> dict[str, Any]:
    """One date of a boolean's trend; its share is null where it would count a small group of either answer."""
    share, filled = entry["mean_value"], entry["filled_count"]
    yes = round(share * filled) if share is not None else 0
    return disclosure.without(entry, ["mean_value"] if disclosure.is_small(yes) or disclosure.is_small(filled - yes) else [])


def customer(
    settings: Settings, customer_id: str, as_of: date | None = None, known_at: date | None = None
) -> dict[str, Any]:
    """`{customer_id, as_of_date, build_id, tags: {id: {value, inputs}}}`; inputs carry their value where they are tags, or
    columns of the customer's own row where the build of that date is on disk; what is summed over many rows carries null.
    """
    found = store.customer_tags(settings, customer_id, as_of, known_at)
    values = found["values"] | _own_row(settings, customer_id, found["build_id"], found["as_of_date"])
    inputs = {str(r["id"]): r["inputs"] for r in _catalogue(settings)}
    tags = {
        name: {"value": value, "inputs": {i: values.get(i) for i in inputs.get(name, [])}}
        for name, value in found["values"].items()
    }
    return {"customer_id": customer_id, "as_of_date": found["as_of_date"], "build_id": found["build_id"], "tags": tags}


def _own_row(settings: Settings, customer_id: str, build_id: str, day: date) -> dict[str, Any]:
    """The customer's row in the build that told the tags, as `customer_as_of.column`: inputs are named so."""
    path = settings.published / build_id / "store.duckdb"
    if not path.is_file() or store.build_json(settings, build_id)["as_of_date"] != day.isoformat():
        return {}
    with warehouse.published(path) as connection:
        rows = warehouse.records(connection.execute("select * from customer.dim_customer where customer_id = ?", [customer_id]))
    return {f"customer_as_of.{name}": value for row in rows for name, value in row.items()}


def _store(settings: Settings, build_id: str | None) -> Path:
    return settings.published / build_id / "store.duckdb" if build_id else warehouse.current_store(settings)


def _catalogue(settings: Settings, build_id: str | None = None) -> list[dict[str, Any]]:
    with warehouse.published(_store(settings, build_id)) as connection:
        rows = warehouse.records(connection.execute("select * from tags.catalogue"))
        said = _feedback(connection)
    for row in rows:
        row |= said.get((str(row["id"]), row.get("version")), {"feedback_count": 0, "disagree_rate": None})
        for name in LISTS:
            row[name] = json.loads(row[name]) if row.get(name) else []
        row.setdefault("type", row.get("value_type"))
    return sorted(rows, key=lambda r: (str(r["code"]), str(r["id"])))


def _has_feedback(connection: warehouse.Connection) -> bool:
    """Stores of before front-line feedback lack the table."""
    return bool(connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'tags' and table_name = 'feedback'").fetchall())


def _feedback(connection: warehouse.Connection) -> dict[tuple[str, Any], dict[str, Any]]:
    """{(tag id, version): {feedback_count, disagree_rate}}: what the front line says of each version."""
    if not _has_feedback(connection):
        return {}
    rows = connection.execute("select tag_id, tag_version, count(*), count(*) filter (where verdict = 'disagree') / count(*)"
                              " from tags.feedback group by all").fetchall()
    return {(tag, version): {"feedback_count": n, "disagree_rate": rate} for tag, version, n, rate in rows}


def _comments(connection: warehouse.Connection, tag: str) -> list[dict[str, Any]]:
    """The newest words on a tag, each with the version it was said of."""
    if not _has_feedback(connection):
        return []
    return warehouse.records(connection.execute(
        "select given_at, employee_id, tag_version, verdict, feedback_text from tags.feedback where tag_id = ?"
        f" order by given_at desc, feedback_id limit {NEWEST_COMMENTS}", [tag]))


def _described(connection: warehouse.Connection, row: dict[str, Any]) -> dict[str, Any]:
    tag = row["id"]
    row = row | {"window_zh": tag_words.window(str(row["window"])), "null_rule_zh": tag_words.null_rule(str(row["null_rule"])),
                 "owner_zh": tag_words.owner(str(row["owner"]))}
    exists = connection.execute(
        "select 1 from duckdb_columns() where schema_name = 'tags' and table_name = 'customer_tags' and column_name = ?",
        [tag]).fetchone()
    if not exists:
        return {**row, "coverage_rate": 0.0, "customer_count": 0, "distribution": [], "trend": []}
    known, whole = connection.execute(f"select count({tag}), count(*) from tags.customer_tags").fetchall()[0]
    return {**row, "coverage_rate": known / whole if whole else None, "customer_count": whole,
            "distribution": _distribution(connection, row), "trend": catalog_profile.trend(connection, tag)}


def _distribution(connection: warehouse.Connection, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Counts per value for booleans and categories, quantiles for numbers and dates."""
    tag = row["id"]
    if row.get("value_type") in ("number", "integer", "amount", "rate", "date"):
        levels = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
        found = connection.execute(f"select quantile_disc({tag}, {levels}) from tags.customer_tags").fetchone()
        values = found[0] if found and found[0] is not None else []
        return [{"quantile": q, "value": v} for q, v in zip(levels, values, strict=False)]
    rows = connection.execute(
        f"select {tag}, count(*) as n from tags.customer_tags group by 1 order by n desc, 1 limit {LARGEST_DISTRIBUTION}"
    ).fetchall()
    return [{"value": value, "count": n} for value, n in rows]
