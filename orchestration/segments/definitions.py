"""The table of what every segment is: names, rule, proposition, owner, expiry; for people and for the board."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from features import scores
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.segments import curated
from orchestration.segments.contract import OTHER, RuleSet

COLUMNS = {
    "segment_set": "varchar", "segment_id": "varchar", "version": "varchar", "kind": "varchar", "pack": "varchar",
    "priority": "integer", "set_name_zh": "varchar", "set_name_en": "varchar", "name_zh": "varchar", "name_en": "varchar",
    "rule": "varchar", "proposition_zh": "varchar", "proposition_en": "varchar", "is_exclusive": "boolean",
    "is_enabled": "boolean", "unmatched_limit_rate": "double", "base": "varchar", "owner": "varchar",
    "expires_date": "date", "definition_hash": "varchar",
}  # fmt: skip
Row = dict[str, Any]


def write(settings: Settings, connection: Connection, state: State, sets: Sequence[RuleSet], day: date) -> None:
    """Replaces segments.definition by what holds on `day`."""
    rows = [row for found in sets for row in of_rules(found)]
    for champion in scores.champions(settings, state):
        if champion["value_type"] == "text":
            rows += _of_model(settings, champion)
    rows += [_of_list(row) for row in curated.lists_on(state, day)]
    kinds = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute("create schema if not exists segments")
    connection.execute(f"create or replace table segments.definition ({kinds})")
    if rows:
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"insert into segments.definition values ({marks})",
                               [[row.get(name) for name in COLUMNS] for row in rows])


def of_rules(found: RuleSet) -> list[Row]:
    """One row per rule in the order of priority, and one for what no rule matches."""
    shared = {"segment_set": found.id, "version": str(found.version), "kind": "rule", "pack": found.pack,
              "set_name_zh": found.name_zh, "set_name_en": found.name_en, "is_exclusive": found.is_exclusive,
              "unmatched_limit_rate": found.unmatched_limit_rate, "base": found.filled(found.base), "owner": found.owner,
              "definition_hash": found.definition_hash}
    rules = sorted(found.rules, key=lambda rule: rule.priority)
    rows = [{**shared, "segment_id": rule.id, **rule.model_dump(exclude={"id", "rule"}), "rule": found.filled(rule.rule)}
            for rule in rules]
    if found.is_exclusive:
        rows.append({**shared, "segment_id": OTHER, "priority": rules[-1].priority + 1, "name_zh": "其他", "name_en": "Other",
                     "is_enabled": True})
    return rows


def _of_model(settings: Settings, champion: Row) -> list[Row]:
    """The segments that a model's manifest names, as they were when its champion was trained."""
    card = settings.artefacts / champion["model_id"] / champion["version"] / "model_version.json"
    manifest = json.loads(card.read_text(encoding="utf-8"))["manifest"]
    shared = {"segment_set": champion["tag_id"], "version": champion["version"], "kind": "cluster", "pack": "cluster",
              "set_name_zh": manifest["name_zh"], "set_name_en": manifest["name_en"], "is_exclusive": True, "is_enabled": True,
              "rule": manifest["algorithm"], "owner": manifest["output_tag"]["owner"]}
    return [{**shared, "segment_id": segment["id"], "priority": number, "name_zh": segment["name_zh"],
             "name_en": segment["name_en"]} for number, segment in enumerate(manifest["segments"], start=1)]


def _of_list(row: Row) -> Row:
    return {"segment_set": curated.SET, "segment_id": row["segment_id"], "version": str(row["version"]), "kind": "curated",
            "pack": "curated", "priority": 1, "set_name_zh": "人工名单", "set_name_en": "Curated lists",
            "name_zh": row["name_zh"], "name_en": row["name_en"], "is_exclusive": False, "is_enabled": True,
            "owner": row["owner"], "expires_date": date.fromisoformat(str(row["expires_date"])),
            "definition_hash": row["sha256"]}
