"""The nightly decision: for every running strategy who goes on tonight's list, and why the others do not."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.errors import CheckFailed, KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import eligibility, freeze, life, pinned, ranking, vocabulary
from orchestration.strategy.contract import Strategy
from orchestration.strategy.eligibility import RISK_LEVELS, Offer

Outcome = dict[str, Any]


def decide(
    settings: Settings, connection: Connection, state: State, decision_dates: Sequence[date], run_id: str
) -> list[Outcome]:
    """Freezes the lists of these nights, stronger strategies first; call `pin` before.

    One `{strategy_id, version, as_of_date, list_id, status, detail, row_count, contact_count, hold_count,
    content_hash, reasons}` per strategy and night; status: frozen, kept (frozen by an earlier run of a published
    night), not_due, ended, no_tags, no_scores, failed. A strategy that fails leaves the others alone.
    """
    outcomes = []
    for night in sorted(decision_dates):
        tonight: list[str] = []
        for strategy in running(settings, state):
            outcome = _one(settings, connection, state, strategy, night, tonight, run_id)
            outcomes.append(outcome)
            if outcome["status"] in ("frozen", "kept"):
                tonight.append(outcome["list_id"])
    return outcomes


def running(settings: Settings, state: State) -> list[Strategy]:
    """Approved and running strategies as they were approved, by priority, then id."""
    found = [s.strategy for s in life.standings(settings, state) if s.status in ("approved", "running")]
    return sorted(found, key=lambda s: (s.priority, s.id))


def _one(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, night: date,
    tonight: list[str], run_id: str,
) -> Outcome:  # fmt: skip
    base: Outcome = {
        "strategy_id": strategy.id,
        "version": strategy.version,
        "as_of_date": night,
        "detail": "",
    }
    kept = _kept(settings, state, strategy, night)
    if kept:
        return {**base, "status": "kept", **kept}
    obstacle = _obstacle(connection, state, strategy, night)
    if obstacle:
        return {**base, "status": obstacle}
    try:
        context = _context(settings, connection, state, strategy, night, run_id)
        select(connection, strategy, night, tonight, context)
        row = freeze.store(settings, connection, state, strategy, night, context)
    except KehuError as failure:
        return {**base, "status": "failed", "detail": failure.line()}
    life.start(state, strategy, night)
    return {**base, "status": "frozen", **_told(row), "reasons": _reasons(connection, strategy, night)}


def select(
    connection: Connection, strategy: Strategy, night: date, tonight: list[str], context: Mapping[str, str]
) -> None:
    """Makes the temp tables from which `freeze` reads the list."""
    room = int(context["channel_room"]) if context["channel_room"] else None
    offer = Offer(context["risk_level"], context["is_consent_needed"] == "true", room)
    eligibility.find(connection, strategy, offer, night, tonight)
    if room is not None and tonight:
        taken = connection.execute(
            "select count(*) from state.list_member where channel_id = ? and arm = 'contact'"
            " and list_contains(?::varchar[], list_id)", [strategy.channel_id, tonight]
        ).fetchall()[0][0]  # fmt: skip
        room -= taken
    ranking.choose(connection, strategy, night, room)


def _kept(settings: Settings, state: State, strategy: Strategy, night: date) -> Outcome | None:
    """A list of a night that was published, or that left the house, is never made again."""
    row = state.one("select * from list_version where list_id = ?", [freeze.list_id(strategy, night)])
    if row is None:
        return None
    published = state.one("select 1 from build where as_of_date >= ?", [night.isoformat()])
    if published is None and row["status"] == freeze.LIST_STATUS:
        return None
    path = settings.home / str(row["path"])
    if not path.is_file() or freeze.content_hash(pq.read_table(path)) != row["content_hash"]:
        raise CheckFailed(f"the frozen list {row['list_id']} was changed or is missing", "kehu restore FILE")
    return _told(row)


def _told(row: Mapping[str, Any]) -> Outcome:
    return {key: row[key] for key in ("list_id", "row_count", "contact_count", "hold_count", "content_hash")}


def _obstacle(connection: Connection, state: State, strategy: Strategy, night: date) -> str | None:
    if night > strategy.end_date:
        return "ended"
    last = state.one(
        "select max(as_of_date) as d from list_version where strategy_id = ? and as_of_date < ?",
        [strategy.id, night.isoformat()],
    )
    if (
        last
        and last["d"]
        and date.fromisoformat(str(last["d"])) + timedelta(strategy.wave_interval_days) > night
    ):
        return "not_due"
    checks = {
        "no_tags": ("select 1 from tags.customer_tags_all where as_of_date = ? limit 1", [night]),
        "no_scores": ("select 1 from state.model_score where as_of_date = ? and model_id = ? limit 1",
                      [night, strategy.model_id]),
    }  # fmt: skip
    return next(
        (name for name, (sql, p) in checks.items() if not connection.execute(sql, p).fetchall()), None
    )


def _context(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, night: date, run_id: str
) -> dict[str, str]:
    """What the list rests on besides tags, scores and contacts; kept in the file, so that a replay can use it."""
    score = state.one(
        "select version from score_file where model_id = ? and as_of_date = ? order by recorded_at desc",
        [strategy.model_id, night.isoformat()],
    )
    channel = vocabulary.read(settings, "channel")[strategy.channel_id]
    room, needs_consent = _channel(connection, strategy.channel_id)
    is_consent_needed = channel["needs_consent"] == "true" or needs_consent
    return {
        "model_version": str(score["version"]) if score else "", "run_id": run_id,
        "risk_level": _risk_level(settings, connection, strategy), "channel_room": "" if room is None else str(room),
        "is_consent_needed": json.dumps(is_consent_needed),
    }  # fmt: skip


def _channel(connection: Connection, channel_id: str) -> tuple[int | None, bool]:
    rows = connection.execute(
        "select daily_capacity_count, coalesce(is_consent_needed, true) from customer.dim_channel where channel_id = ?",
        [channel_id],
    ).fetchall()
    return (rows[0][0], bool(rows[0][1])) if rows else (None, True)


def _risk_level(settings: Settings, connection: Connection, strategy: Strategy) -> str:
    """The higher of the bank's product table and the offer vocabulary; a product without a level is no offer."""
    declared = vocabulary.read(settings, "product_offer")[strategy.product_id]["risk_level"]
    rows = connection.execute(
        "select risk_level from customer.dim_product where product_id = ?", [strategy.product_id]
    ).fetchall()
    levels = [level for level in (declared, *(row[0] for row in rows)) if level]
    unknown = [level for level in levels if level not in RISK_LEVELS]
    if unknown or not levels:
        raise KehuError(
            f"product {strategy.product_id} has risk level {unknown or 'none'}", "one of R1 to R5"
        )
    return max(levels)


def _reasons(connection: Connection, strategy: Strategy, night: date) -> dict[str, int]:
    """Customers left out, by reason."""
    return dict(connection.execute(
        "select block_reason, count(*) from state.candidate where run_date = ? and strategy_id = ?"
        " and block_reason is not null group by block_reason order by block_reason", [night, strategy.id]
    ).fetchall())  # fmt: skip


def replay(settings: Settings, connection: Connection, state: State, list_id: str) -> Outcome:
    """Makes a list again from history and compares: `{list_id, is_identical, expected_hash, rebuilt_hash, …}`."""
    row = state.one("select * from list_version where list_id = ?", [list_id])
    if row is None:
        raise KehuError(f"no list '{list_id}'", "kehu lists list")
    night, strategy = date.fromisoformat(str(row["as_of_date"])), _approved(state, row)
    if not connection.execute(
        "select 1 from tags.customer_tags_all where as_of_date = ? limit 1", [night]
    ).fetchall():
        raise KehuError(
            f"the tags of {night} are no longer in the build database", f"kehu restate --from {night}"
        )
    pinned.pin(settings, connection, state)
    path = settings.home / str(row["path"])
    context = _stored_context(path)
    select(connection, strategy, night, _stronger(state, strategy, night), context)
    rebuilt = freeze.members(connection, strategy, night)
    again = settings.tmp / f"replay-{list_id}.parquet"
    freeze.write(rebuilt, again, context)
    is_same_bytes = again.read_bytes() == path.read_bytes()
    again.unlink()
    digest = freeze.content_hash(rebuilt)
    return {"list_id": list_id, "is_identical": digest == row["content_hash"], "is_same_bytes": is_same_bytes,
            "expected_hash": row["content_hash"], "rebuilt_hash": digest, "rows": rebuilt.num_rows}  # fmt: skip


def _approved(state: State, row: Mapping[str, object]) -> Strategy:
    event = state.one(
        "select body from strategy_event where strategy_id = ? and version = ? and action = 'approved' order by id",
        [row["strategy_id"], row["strategy_version"]],
    )
    assert event is not None, row
    return Strategy.model_validate(json.loads(str(event["body"])))


def _stored_context(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise KehuError(f"the list file {path.name} is missing", "kehu restore FILE")
    found = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in found.items() if key != b"ARROW:schema"}


def _stronger(state: State, strategy: Strategy, night: date) -> list[str]:
    """Lists of the same night that were made before this strategy's."""
    rows = state.rows("select * from list_version where as_of_date = ?", [night.isoformat()])
    ranks = {
        str(row["list_id"]): (found.priority, found.id) for row in rows for found in [_approved(state, row)]
    }
    mine = (strategy.priority, strategy.id)
    return sorted((name for name, rank in ranks.items() if rank < mine), key=lambda name: ranks[name])
