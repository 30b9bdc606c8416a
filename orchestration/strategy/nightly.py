"""The nightly decision: for every running strategy who goes on tonight's list, and why the others do not."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq

from features.errors import CheckFailed, KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import eligibility, freeze, life, model_tags, ranking, references, vocabulary
from orchestration.strategy.contract import Strategy
from orchestration.strategy.eligibility import RISK_LEVELS, Offer

Outcome = dict[str, Any]


def decide(
    settings: Settings, connection: Connection, state: State, decision_dates: Sequence[date], run_id: str
) -> list[Outcome]:
    """Freezes the lists of these nights, stronger strategies first; call `pin` before.

    One `{strategy_id, version, as_of_date, list_id, status, detail, row_count, contact_count, hold_count,
    content_hash, reasons}` per strategy and night; status: frozen, kept (frozen by an earlier run of a published
    night), not_due, ended, no_tags, no_scores (of its model, or of one that its audience names), failed. A strategy
    that fails leaves the others alone.
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
        references.demand_current(connection, state, strategy, night)
        named = model_tags.named(settings, connection, state, strategy)
        missing = model_tags.unscored(connection, named, night)
        if missing:
            return {**base, "status": "no_scores", "detail": f"skipped: {strategy.id} {missing}"}
        context = decision_context(settings, connection, state, strategy, night)
        context["model_tags"] = model_tags.written(named)
        select(connection, strategy, night, tonight, context)
        row = freeze.store(settings, connection, state, strategy, night, context, run_id)
    except KehuError as failure:
        return {**base, "status": "failed", "detail": failure.line()}
    life.start(state, strategy, night)
    return {**base, "status": "frozen", **_told(row), "reasons": _reasons(connection, strategy, night)}


def select(
    connection: Connection, strategy: Strategy, night: date, tonight: list[str], context: Mapping[str, str]
) -> None:
    """Makes the temp tables from which `freeze` reads the list."""
    offer = offer_of(context)
    room = offer.channel_room
    named = model_tags.read(context.get("model_tags", ""))
    eligibility.find(connection, strategy, offer, night, tonight, named)
    if room is not None and tonight:
        taken = connection.execute(
            "select count(*) from state.list_member where channel_id = ? and arm = 'contact'"
            " and list_contains(?::varchar[], list_id)", [strategy.channel_id, tonight]
        ).fetchall()[0][0]  # fmt: skip
        room -= taken
    ranking.choose(connection, strategy, night, room)


def offer_of(context: Mapping[str, str]) -> Offer:
    """The offer as the context of a decision keeps it."""
    room = int(context["channel_room"]) if context["channel_room"] else None
    return Offer(context["risk_level"], context["is_consent_needed"] == "true", room)


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
    if not connection.execute(
        "select 1 from tags.customer_tags_all where as_of_date = ? limit 1", [night]
    ).fetchall():
        return "no_tags"
    return None if model_tags.has_scores(connection, strategy.model_id, night) else "no_scores"


def decision_context(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, night: date
) -> dict[str, str]:
    """What a list rests on besides tags, scores and contacts; kept in the file, so that a replay can use it."""
    score = state.one(
        "select version from score_file where model_id = ? and as_of_date = ? order by recorded_at desc",
        [strategy.model_id, night.isoformat()],
    )
    channel = vocabulary.read(settings, "channel")[strategy.channel_id]
    room, needs_consent = _channel(connection, strategy.channel_id)
    is_consent_needed = channel["needs_consent"] == "true" or needs_consent
    return {
        "model_version": str(score["version"]) if score else "",
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
