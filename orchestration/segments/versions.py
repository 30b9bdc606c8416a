"""Keeps the words of every version of a rule set: what selected customers in a published night never changes."""

from collections.abc import Sequence
from datetime import date

from features import clock
from features.state import State
from orchestration.segments.contract import RuleSet


def keep(state: State, sets: Sequence[RuleSet], night: date) -> list[str]:
    """Writes down new versions; returns why a set may not run: other words under a version that was published."""
    faults = []
    for found in sets:
        row = state.one("select * from segment_version where segment_set = ? and version = ?", [found.id, found.version])
        if row is None or (row["definition_hash"] != found.definition_hash and not _is_published(state, str(row["first_night"]))):
            state.insert("segment_version", {
                "segment_set": found.id, "version": found.version, "definition_hash": found.definition_hash,
                "body": found.model_dump(mode="json"), "first_night": night, "recorded_at": clock.stamp()}, replace=True)
        elif row["definition_hash"] != found.definition_hash:
            faults.append(f"{found.id}: version {found.version} was published with other rules, "
                          f"a change is version {found.version + 1}")
    return faults


def _is_published(state: State, night: str) -> bool:
    return state.one("select 1 from build where as_of_date >= ?", [night]) is not None
