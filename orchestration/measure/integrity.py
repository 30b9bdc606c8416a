"""Are the frozen lists, the assignment log and the registered plan still what they were?"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features import files
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.measure.checks import Check
from orchestration.measure.plan import Registration
from orchestration.measure.tables import create
from orchestration.strategy import freeze


def checks(
    connection: Connection, state: State, strategy: Mapping[str, Any], night: date, counts: Mapping[str, Mapping[str, Any]],
    registered: Registration, published_hash: str | None,
) -> list[Check]:
    """All lists and the whole log of the experiment, members against the log, the plan."""
    return [
        _lists(connection, state, strategy, night), _log(state.settings, state, strategy, night), _members(counts),
        _plan(registered, published_hash),
    ]  # fmt: skip


def _lists(connection: Connection, state: State, strategy: Mapping[str, Any], night: date) -> Check:
    """Rows are hashed when a list is new or its file's bytes are no longer those that were found intact."""
    create(connection, {"list_file": {"list_id": "varchar", "content_hash": "varchar", "sha256": "varchar"}})
    rows = state.rows(
        "select list_id, path, content_hash from list_version where strategy_id = ? and strategy_version = ?"
        " and as_of_date <= ? order by list_id", [strategy["strategy_id"], strategy["version"], night.isoformat()],
    )
    known = set(connection.execute("select list_id, content_hash, sha256 from measure.list_file").fetchall())
    wrong = [str(row["list_id"]) for row in rows if not _is_intact(connection, state.settings, row, known)]
    return _check("list_hash", len(wrong), len(rows), f"名单 {'、'.join(wrong)} 冻结后被改动", f"list {', '.join(wrong)} was changed after it was frozen")


def _is_intact(
    connection: Connection, settings: Settings, row: Mapping[str, object], known: set[tuple[str, str, str]]
) -> bool:
    path, content_hash = settings.home / str(row["path"]), str(row["content_hash"])
    if not path.is_file():
        return False
    seen = (str(row["list_id"]), content_hash, files.sha256(path))
    if seen in known:
        return True
    try:
        is_same = freeze.content_hash(pq.read_table(path)) == content_hash
    except (pa.ArrowException, OSError):
        return False
    if is_same:
        connection.execute("insert into measure.list_file values (?, ?, ?)", list(seen))
    return is_same


def _log(settings: Settings, state: State, strategy: Mapping[str, Any], night: date) -> Check:
    rows = state.rows(
        "select path, sha256 from assignment_file where experiment_id = ? and as_of_date <= ? order by path",
        [f"{strategy['strategy_id']}.v{strategy['version']}", night.isoformat()],
    )
    wrong = [Path(str(row["path"])).name for row in rows
             if not (settings.home / str(row["path"])).is_file()
             or files.sha256(settings.home / str(row["path"])) != row["sha256"]]  # fmt: skip
    return _check("assignment_log", len(wrong), len(rows), f"分组日志 {'、'.join(wrong)} 被改动或缺失",
                  f"assignment log {', '.join(wrong)} was edited or is missing")


def _members(counts: Mapping[str, Mapping[str, Any]]) -> Check:
    """Every list member must have, in the log, the arm that the list says."""
    wrong, base = (sum(int(row[key]) for row in counts.values()) for key in ("mismatch", "listed"))
    return _check("assignment_rows", wrong, base, f"{wrong} 名名单客户的分组与分组日志不符或缺失",
                  f"{wrong} list members have no assignment or another one than the log says")


def _plan(registered: Registration, published_hash: str | None) -> Check:
    is_changed = not registered.is_intact or published_hash not in (None, registered.plan_hash)
    return _check("plan", int(is_changed), 1, "事先登记的方案被改动", "the registered plan was changed")


def _check(name: str, wrong: int, base: int, zh: str, en: str) -> Check:
    check: Check = {"stage": name, "kind": "integrity", "planned": {}, "observed": {}, "p_value": None, "status": "passed",
                    "wrong_count": wrong, "base_count": base}  # fmt: skip
    return check | ({"status": "failed", "reason_zh": zh, "reason_en": en} if wrong else {})
