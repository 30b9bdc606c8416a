"""Saved audiences: an expression under a name, and who belonged to it in every published build."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from features import clock, disclosure, export_log, selection
from features.errors import KehuError
from features.settings import Settings
from features.state import State, opened

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class _Members:
    """The customers of an audience in one build; `problem` says why nobody could be looked up."""

    ids: frozenset[str]
    problem: str = ""

    def sha256(self) -> str:
        return hashlib.sha256("\n".join(sorted(self.ids)).encode()).hexdigest()


def save(settings: Settings, name: str, expression: str, purpose: str = "") -> dict[str, Any]:
    """Keeps an expression that holds on the store in service; `{name, expression, count, as_of_date, build_id, seconds}`.

    Saving under a name again replaces the expression.
    """
    if not NAME.fullmatch(name):
        raise KehuError(f"'{name}' is no name for an audience", "small letters, digits and _, a letter first, at most 60")
    with selection.snapshot(settings) as found:
        found.with_audience(name, expression).compiled(f"in audience '{name}'")
    document = selection.count(settings, expression, purpose=purpose)
    with opened(settings) as state:
        state.insert("saved_audience", {"name": name, "expression": expression, "who": export_log.user(),
                                        "recorded_at": clock.stamp()}, replace=True)
    return {"name": name, "expression": expression, **document}


def listing(settings: Settings) -> list[dict[str, Any]]:
    """`{name, expression, who, recorded_at}` and the newest entry of each history, by name."""
    with opened(settings) as state:
        rows = state.rows("select name, expression, who, recorded_at from saved_audience order by name")
    return [{**row, **_newest(settings, str(row["name"]))} for row in rows]


def _newest(settings: Settings, name: str) -> dict[str, Any]:
    """The newest entry of an audience's history; one whose tag or segment is gone says so, and hides no other."""
    try:
        return (history(settings, name, newest=2) or [{}])[-1]
    except KehuError as gone:
        return {"problem": gone.message}


def show(settings: Settings, name: str) -> dict[str, Any]:
    """One saved audience, its words with nothing left to look up, and its `history`, oldest build first."""
    with opened(settings) as state:
        row = state.one("select * from saved_audience where name = ?", [name])
    if row is None:
        raise KehuError(f"no audience '{name}' is saved", "kehu audience list")
    with selection.snapshot(settings) as found:
        text = found.compiled(f"in audience '{name}'").text
    return {**row, "expanded": text, "history": history(settings, name)}


def history(settings: Settings, name: str, newest: int | None = None) -> list[dict[str, Any]]:
    """`{build_id, as_of_date, member_count, sha256, entered_count, left_count, problem}` per published build.

    Today's words on the tags of every build as they were published; computed once, then kept in state.
    """
    with opened(settings) as state:
        with selection.snapshot(settings) as found:
            compiled = found.compiled(f"in audience '{name}'")
            is_guarded = bool(disclosure.restricted(compiled.names, found.sensitivities))
        builds = state.rows("select build_id, as_of_date from build order by as_of_date, sequence")
        pairs = list(zip([None, *builds], builds, strict=False))[-newest if newest else None:]
        entries = [_entry(settings, state, name, compiled.text, former, build) for former, build in pairs]
    return [_shown(entry) if is_guarded else entry for entry in entries]


def _entry(settings: Settings, state: State, name: str, text: str, former: dict[str, Any] | None,
           build: dict[str, Any]) -> dict[str, Any]:
    columns = "build_id, as_of_date, member_count, sha256, entered_count, left_count, problem"
    key = [name, text, build["build_id"]]
    kept = state.one(f"select {columns} from audience_membership where name = ? and expression = ? and build_id = ?", key)
    if kept is not None:
        return kept
    now = _members(settings, text, build)
    before = _members(settings, text, former) if former else now
    is_comparable = bool(former) and not now.problem and not before.problem
    entry = {"build_id": build["build_id"], "as_of_date": build["as_of_date"],
             "member_count": None if now.problem else len(now.ids), "sha256": now.sha256(),
             "entered_count": len(now.ids - before.ids) if is_comparable else None,
             "left_count": len(before.ids - now.ids) if is_comparable else None, "problem": now.problem}
    if state.is_writable:
        state.insert("audience_membership", {"name": name, "expression": text, **entry}, replace=True)
    return entry


def _members(settings: Settings, text: str, build: dict[str, Any]) -> _Members:
    """An old build may lack a tag of today: that is said in the history, not raised."""
    try:
        with selection.snapshot(settings, date.fromisoformat(str(build["as_of_date"])), build_id=str(build["build_id"])) as found:
            compiled = found.compiled(text)
            rows = found.connection.execute(f"select customer_id from {found.relation} where {compiled.where}",
                                            compiled.parameters).fetchall()
    except KehuError as missing:
        return _Members(frozenset(), missing.message)
    return _Members(frozenset(row[0] for row in rows))


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    """Without the counts that would show single customers by a restricted tag: who came less who left is the change in size."""
    counts = {name: entry[name] for name in ("member_count", "entered_count", "left_count") if entry[name] is not None}
    return disclosure.without(entry, disclosure.hidden_cells(counts, [counts]))
