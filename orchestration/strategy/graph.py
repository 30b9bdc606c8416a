"""All strategies side by side: which stage and goal nobody works on, and which customers two of them want."""

from collections import Counter
from datetime import date
from itertools import combinations
from typing import Any

import pyarrow.parquet as pq

from features import selection, store, warehouse
from features.settings import Settings
from features.state import State
from orchestration.strategy import life, past, pinned, pool
from orchestration.strategy.contract import STAGES, Strategy

GOALS = ("scale", "customer", "fee")


def living(settings: Settings, state: State) -> list[Strategy]:
    """The newest version of every strategy that is not stopped, by id."""
    found = {s.strategy.id: s.strategy for s in life.standings(settings, state) if s.status != "stopped"}
    return [found[name] for name in sorted(found)]


def coverage(settings: Settings, state: State) -> list[dict[str, Any]]:
    """`{stage, goal_family, strategies, segments, customer_count, is_gap}` of every stage and goal; a gap has nobody.

    Customers are counted in the build in service, null before there is one.
    """
    strategies, customers = living(settings, state), _stage_counts(settings)
    return [
        {"stage": stage, "goal_family": goal, "strategies": [s.id for s in here],
         "segments": sorted({s.segment for s in here}), "customer_count": customers and customers[stage],
         "is_gap": not here}
        for stage in STAGES for goal in GOALS
        for here in [[s for s in strategies if (s.stage, s.goal_family) == (stage, goal)]]
    ]  # fmt: skip


def _stage_counts(settings: Settings) -> Counter[str] | None:
    if warehouse.current_build(settings) is None:
        return None
    with selection.snapshot(settings) as found:
        rows = found.connection.execute(f"select lifecycle_stage, count(*) from {found.relation} group by 1").fetchall()
    return Counter(dict(rows))


def overlap(settings: Settings, state: State) -> list[dict[str, Any]]:
    """One row per strategy and per pair: `{strategy_id, other_id, eligible_count, displaced_count, reserved_count}`.

    Of a pair: customers of the build in service whom both may contact. Of one (other_id null): its own, and whom its
    newest list lost to stronger strategies that night or to silent lists of others.
    """
    strategies = living(settings, state)
    day = date.fromisoformat(store.build_json(settings)["as_of_date"])
    with past.opened(settings, state, {day: past.kept(settings)[day]}) as connection:
        for number, strategy in enumerate(strategies):
            pool.eligible(settings, connection, state, strategy, day, f"pool_{number}")
        alone = [{"strategy_id": s.id, "other_id": None, **_row(connection, f"pool_{n}"), **_lost(settings, state, s)}
                 for n, s in enumerate(strategies)]  # fmt: skip
        pairs = [{"strategy_id": strategies[a].id, "other_id": strategies[b].id,
                  **_row(connection, f"pool_{a} semi join pool_{b} using (customer_id)"),
                  "displaced_count": None, "reserved_count": None}
                 for a, b in combinations(range(len(strategies)), 2)]  # fmt: skip
    return alone + pairs


def _row(connection: warehouse.Connection, relation: str) -> dict[str, int]:
    return {"eligible_count": int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])}


def _lost(settings: Settings, state: State, strategy: Strategy) -> dict[str, int | None]:
    """Whom the newest list lost to others; null where there is no list yet."""
    newest = state.one("select list_id from list_version where strategy_id = ? order by as_of_date desc", [strategy.id])
    if newest is None:
        return {"displaced_count": None, "reserved_count": None}
    path = pinned.candidate_path(settings, str(newest["list_id"]))
    reasons = Counter(pq.read_table(path, columns=["block_reason"])["block_reason"].to_pylist())
    return {"displaced_count": reasons["displaced"], "reserved_count": reasons["reserved"]}
