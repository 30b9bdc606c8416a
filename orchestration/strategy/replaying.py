"""Makes a frozen list again from history and compares it with what was frozen."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import freeze, life, nightly, past
from orchestration.strategy.contract import Strategy


def replay(settings: Settings, state: State, list_id: str) -> dict[str, Any]:
    """`{list_id, is_identical, is_same_bytes, expected_hash, rebuilt_hash, rows}`; runs beside a night.

    Rests on the tags of that night as its run knew them, the scores, contacts and assignment log before it.
    """
    row = state.one("select * from list_version where list_id = ?", [list_id])
    if row is None:
        raise KehuError(f"no list '{list_id}'", "kehu lists list")
    night = date.fromisoformat(str(row["as_of_date"]))
    made_on = datetime.strptime(str(row["tag_build_id"]), "r%Y%m%d").date()
    with past.opened(settings, state, {night: past.as_known(settings, state, night, made_on)}) as connection:
        return _compare(settings, connection, state, row, night)


def _compare(
    settings: Settings, connection: Connection, state: State, row: Mapping[str, Any], night: date
) -> dict[str, Any]:
    strategy, path = _approved(state, row), settings.home / str(row["path"])
    context = freeze.stored_context(path)
    nightly.select(connection, strategy, night, _stronger(state, strategy, night), context)
    rebuilt = freeze.members(connection, strategy, night)
    again = settings.tmp / f"replay-{row['list_id']}.parquet"
    freeze.write(rebuilt, again, context)
    is_same_bytes = again.read_bytes() == path.read_bytes()
    again.unlink()
    digest = freeze.content_hash(rebuilt)
    return {"list_id": row["list_id"], "is_identical": digest == row["content_hash"], "is_same_bytes": is_same_bytes,
            "expected_hash": row["content_hash"], "rebuilt_hash": digest, "rows": rebuilt.num_rows}  # fmt: skip


def _approved(state: State, row: Mapping[str, Any]) -> Strategy:
    return life.approved(state, str(row["strategy_id"]), int(row["strategy_version"]))


def _stronger(state: State, strategy: Strategy, night: date) -> list[str]:
    """Lists of the same night that were made before this strategy's."""
    rows = state.rows("select * from list_version where as_of_date = ?", [night.isoformat()])
    ranks = {
        str(row["list_id"]): (found.priority, found.id) for row in rows for found in [_approved(state, row)]
    }
    mine = (strategy.priority, strategy.id)
    return sorted((name for name, rank in ranks.items() if rank < mine), key=lambda name: ranks[name])
