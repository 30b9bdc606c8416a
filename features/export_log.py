"""Who took which customers out, why, from which build: an append-only log whose entries are chained by hash."""

import getpass
import hashlib
import json
import os
from typing import Any

from features import clock
from features.errors import KehuError
from features.state import State


def user() -> str:
    """The person at the keyboard; KEHU_USER names one where a service account runs the command."""
    return os.environ.get("KEHU_USER") or getpass.getuser()


def append(state: State, kind: str, purpose: str, expression: str, build_id: str, row_count: int, sha256: str,
           path: str) -> dict[str, Any]:
    """Adds one entry; an export without a purpose is refused."""
    if not purpose.strip():
        raise KehuError("an export needs a purpose", "say what the customers are for: --purpose TEXT")
    with state.transaction():
        last = state.one("select entry_hash from export_log order by id desc limit 1")
        entry: dict[str, Any] = {
            "kind": kind, "who": user(), "purpose": purpose.strip(), "expression": expression, "build_id": build_id,
            "row_count": row_count, "sha256": sha256, "path": path,
            "previous_hash": last["entry_hash"] if last else "", "recorded_at": clock.stamp()}
        entry["entry_hash"] = _digest(entry)
        state.insert("export_log", entry)
    return entry


def broken_entry(state: State) -> int | None:
    """Id of the first entry that was edited or follows a removed one; None where the chain holds."""
    previous = ""
    for row in state.rows("select * from export_log order by id"):
        body = {k: v for k, v in row.items() if k not in ("id", "entry_hash")}
        if row["previous_hash"] != previous or row["entry_hash"] != _digest(body):
            return int(str(row["id"]))
        previous = str(row["entry_hash"])
    return None


def _digest(entry: dict[str, Any]) -> str:
    text = json.dumps({k: entry[k] for k in sorted(entry) if k != "entry_hash"}, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
