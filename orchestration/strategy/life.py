"""A strategy's life in state.strategy_event: planned, approved by a second person, running, stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from features import clock, export_log, warehouse
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from orchestration.strategy import references
from orchestration.strategy.check import check, read_all, read_strategy
from orchestration.strategy.contract import Strategy

LIFE = ("approved", "running", "stopped")


@dataclass(frozen=True)
class Standing:
    """One strategy version and where it stands: draft, approved, running or stopped."""

    strategy: Strategy
    status: str
    file_hash: str
    plan: dict[str, Any] | None = None


def standings(settings: Settings, state: State) -> list[Standing]:
    """All versions known to state and all valid files, sorted by id and version."""
    found: dict[tuple[str, int], Standing] = {}
    for event in state.rows("select * from strategy_event order by id"):
        key = (str(event["strategy_id"]), int(str(event["version"])))
        found[key] = _after(found.get(key), event)
    for file in read_all(settings)[0]:
        drafted = file.strategy
        key = (drafted.id, drafted.version)
        if key not in found or found[key].status == "draft":
            is_planned = key in found and found[key].file_hash == drafted.content_hash
            plan = found[key].plan if is_planned else None
            found[key] = Standing(drafted, "draft", drafted.content_hash, plan)
    return [found[key] for key in sorted(found)]


def _after(former: Standing | None, event: Mapping[str, object]) -> Standing:
    """The standing after one event; a plan never changes what was approved."""
    strategy, file_hash = Strategy.model_validate(json.loads(str(event["body"]))), str(event["file_hash"])
    if event["action"] != "planned":
        is_planned = former is not None and former.file_hash == file_hash
        return Standing(
            strategy, str(event["action"]), file_hash, former.plan if former and is_planned else None
        )
    plan = json.loads(str(event["reason"]))
    if former is None or former.status == "draft":
        return Standing(strategy, "draft", file_hash, plan)
    return replace(former, plan=plan) if former.file_hash == file_hash else former


def record(state: State, strategy: Strategy, action: str, who: str, reason: str) -> None:
    """Adds one event with the whole text of the strategy."""
    state.insert("strategy_event", {
        "strategy_id": strategy.id, "version": strategy.version, "action": action, "who": who, "reason": reason,
        "file_hash": strategy.content_hash, "body": strategy.body(), "recorded_at": clock.stamp(),
    })  # fmt: skip


def approved(state: State, strategy_id: str, version: int) -> Strategy:
    """The text that was approved. Raises KehuError where state holds no approval of that version."""
    event = state.one(
        "select body from strategy_event where strategy_id = ? and version = ? and action = 'approved' order by id",
        [strategy_id, version],
    )
    if event is None:
        raise KehuError(f"no approval of {strategy_id} version {version} in state", "kehu restore FILE")
    return Strategy.model_validate(json.loads(str(event["body"])))


def approve(
    settings: Settings, state: State, strategy_id: str, reviewer: str, reason: str = ""
) -> dict[str, Any]:
    """Approves the file as it is now; it runs from the next night. The reviewer is neither author nor owner."""
    strategy = read_strategy(settings, strategy_id)
    _refuse_same_person(strategy, reviewer)
    failures = [f for f in _failures(settings, state) if str(f["file"]).endswith(f"/{strategy_id}.yml")]
    if failures:
        raise KehuError("{file}, line {line}: {reason}".format(**failures[0]), "kehu strategies check")
    versions = [s for s in standings(settings, state) if s.strategy.id == strategy_id and s.status in LIFE]
    for known in versions:
        if known.strategy.version >= strategy.version:
            fix = f"a change needs version {known.strategy.version + 1}"
            raise KehuError(f"{strategy_id} version {known.strategy.version} is {known.status} already", fix)
    planned, frozen = _planned(settings, state, strategy), references.pinned(settings, strategy)
    with state.transaction():
        for known in versions:
            if known.status != "stopped":
                record(
                    state, known.strategy, "stopped", reviewer, f"superseded by version {strategy.version}"
                )
        record(state, frozen, "approved", reviewer, reason)
    return {"strategy_id": strategy_id, "version": strategy.version, "status": "approved", "reviewer": reviewer,
            "file_hash": strategy.content_hash, "references": frozen.pins and frozen.pins.model_dump(), "plan": planned}  # fmt: skip


def _planned(settings: Settings, state: State, strategy: Strategy) -> dict[str, Any] | None:
    """The plan of exactly this text, made now where nobody has; None before the first published night."""
    for known in standings(settings, state):
        if known.strategy == strategy and known.plan is not None:
            return known.plan
    return plan(settings, state, strategy.id) if warehouse.current_build(settings) else None


def plan(settings: Settings, state: State, strategy_id: str) -> dict[str, Any]:
    """What the strategy can prove, from the store in service and its history (see `sizing.plan`)."""
    from orchestration.strategy import sizing

    return sizing.plan(settings, state, strategy_id)


def waiting(settings: Settings, state: State) -> list[str]:
    """Ids of the files that nobody has approved yet."""
    return [s.strategy.id for s in standings(settings, state) if s.status == "draft"]


def _failures(settings: Settings, state: State) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = check(settings, state=state)["failures"]  # type: ignore[assignment]
    return found


def _refuse_same_person(strategy: Strategy, reviewer: str) -> None:
    name = reviewer.strip().casefold()
    if not name:
        raise KehuError("an approval needs a person", "--reviewer NAME")
    if name in (strategy.author.casefold(), strategy.owner.casefold()):
        raise KehuError(
            f"{reviewer} wrote or owns {strategy.id} and may not approve it", "ask a second person"
        )


def stop(settings: Settings, state: State, strategy_id: str, reason: str) -> dict[str, Any]:
    """Stops the approved or running version; its lists stay, no new ones are made."""
    if not reason.strip():
        raise KehuError("stopping a strategy needs a reason", "--reason TEXT")
    last = state.one(
        "select * from strategy_event where strategy_id = ? and action != 'planned' order by id desc",
        [strategy_id],
    )
    if last is None or last["action"] == "stopped":
        raise KehuError(f"{strategy_id} is not running", "kehu strategies list")
    strategy = Strategy.model_validate(json.loads(str(last["body"])))
    record(state, strategy, "stopped", export_log.user(), reason)
    return {"strategy_id": strategy_id, "version": strategy.version, "status": "stopped"}


def start(state: State, strategy: Strategy, night: date) -> None:
    """The first night of an approved strategy makes it running; a night played again changes nothing."""
    last = state.one(
        "select action from strategy_event where strategy_id = ? and version = ? and action != 'planned'"
        " order by id desc", [strategy.id, strategy.version]
    )  # fmt: skip
    if last is not None and last["action"] == "approved":
        record(state, strategy, "running", "night", night.isoformat())


def started_date(state: State, strategy: Strategy) -> date | None:
    """Business date of the night that first ran this version."""
    event = state.one(
        "select reason from strategy_event where strategy_id = ? and version = ? and action = 'running' order by id",
        [strategy.id, strategy.version],
    )
    return date.fromisoformat(str(event["reason"])) if event else None


def listing(settings: Settings, state: State) -> list[dict[str, Any]]:
    """One row per version for `kehu strategies list`."""
    return [{
        "strategy_id": s.strategy.id, "version": s.strategy.version, "name_zh": s.strategy.name_zh,
        "name_en": s.strategy.name_en, "status": s.status, "stage": s.strategy.stage,
        "scenario_type": s.strategy.scenario_type, "goal_family": s.strategy.goal_family,
        "primary_metric": s.strategy.primary_metric, "owner": s.strategy.owner,
        "started_date": started_date(state, s.strategy), "planned_n": (s.plan or {}).get("planned_n"),
        "planned_mde": (s.plan or {}).get("planned_mde"), "is_powered": (s.plan or {}).get("is_powered"),
    } for s in standings(settings, state)]  # fmt: skip
