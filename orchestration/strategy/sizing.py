"""What a strategy can prove, said before launch: cell sizes, half-width and least detectable increment, from history."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

from features import store
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from orchestration.strategy import base_rates, life, model_tags, past, pool, precision, references
from orchestration.strategy.base_rates import Moments, Window, is_rate
from orchestration.strategy.check import read_strategy
from orchestration.strategy.contract import Strategy
from orchestration.strategy.pool import Pool
from orchestration.strategy.precision import Outlook

Answer = dict[str, Any]
UNKNOWN = dict.fromkeys(
    ("history_date", "base_mean", "base_sd", "base_rho", "model_base_mean", "model_base_source", "planned_half_width", "planned_mde",
     "is_powered", "n_needed", "power"))  # fmt: skip


def plan(settings: Settings, state: State, strategy_id: str) -> Answer:
    """Sizes, base values and what can be proved; recorded in state, so that approval and board show it.

    `{strategy_id, version, as_of_date, history_date, eligible, waves, planned_n, planned_cells, base_mean, base_sd,
    base_rho, model_base_mean, model_base_source, planned_effect, planned_half_width, planned_mde, mde, is_powered, n_needed,
    power, formula, sentence_en, …}`; planned_n counts one policy's list rows. Null where history is too short to tell.
    """
    drafted = read_strategy(settings, strategy_id)
    strategy = references.pinned(settings, drafted)
    as_of_date = date.fromisoformat(store.build_json(settings)["as_of_date"])
    kept = past.kept(settings)
    span = base_rates.window(list(kept), strategy.window_days, as_of_date)
    needed = {as_of_date} if span is None else {as_of_date, span.then, span.end}
    with past.opened(settings, state, {day: kept[day] for day in sorted(needed)}) as connection:
        answer = _answer(settings, connection, state, strategy, as_of_date, span)
    life.record(state, drafted, "planned", "plan", json.dumps(answer, ensure_ascii=False, sort_keys=True))
    return answer


def _answer(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, as_of_date: date, span: Window | None
) -> Answer:
    found = pool.find(settings, connection, state, strategy, as_of_date, span.then if span else None)
    shares = strategy.policy_shares
    rows = {"model": found.rows(strategy, shares.model), "bau": found.rows(strategy, shares.bau)}
    hold, effect = strategy.hold_share, expected_effect(strategy)
    return {
        "strategy_id": strategy.id, "version": strategy.version, "as_of_date": as_of_date.isoformat(),
        "eligible": found.eligible, "entrant_count": found.entrant_count, "taken_rate": round(found.taken_rate, 4),
        "waves": found.waves, "planned_n": min(rows.values()), "mde": strategy.mde,
        "planned_cells": {f"{policy}_{cell}": round(n * share) for policy, n in rows.items()
                          for cell, share in (("contacted", 1 - hold), ("held", hold))},
        "planned_effect": effect, "formula": precision.FORMULA,
        **_provable(settings, connection, state, strategy, found, rows, span),
    }  # fmt: skip


def expected_effect(strategy: Strategy) -> dict[str, float]:
    """What a contact is expected to do on each policy's list: the model's is better by the least effect worth having."""
    usual = strategy.mde if strategy.expected_effect is None else strategy.expected_effect
    sign = 1 if strategy.direction == "increase" else -1
    return {"bau": sign * usual, "model": sign * (usual + strategy.mde)}


def _provable(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, found: Pool, rows: dict[str, int],
    span: Window | None,
) -> Answer:  # fmt: skip
    if span is None:
        return {**UNKNOWN, "sentence_en": "no history of one outcome window yet: nothing can be said about power"}
    missing = model_tags.unscored(connection, model_tags.named(settings, connection, state, strategy), span.then)
    bases = None if missing else _bases(settings, connection, state, strategy, found, rows, span)
    if bases is None or min(rows.values()) < 2:
        why = f"the audience {missing}" if missing else "too few customers in history"
        return {**UNKNOWN, "history_date": span.then.isoformat(), "sentence_en": f"{why}: nothing can be said about power"}
    base, model_base, source = bases
    effect = expected_effect(strategy)
    outlook = {policy: Outlook(rows[policy], of.mean, of.judged_sd, effect[policy])
               for policy, of in (("model", model_base), ("bau", base))}  # fmt: skip
    reached = precision.precision(
        outlook["model"], outlook["bau"], strategy.hold_share, is_rate(strategy.primary_metric), strategy.mde
    )
    return {"history_date": span.then.isoformat(), "base_mean": base.mean, "base_sd": base.sd, "base_rho": base.rho,
            "model_base_mean": model_base.mean, "model_base_source": source, **reached,
            "sentence_en": _sentence(strategy, min(rows.values()), reached)}  # fmt: skip


def _sentence(strategy: Strategy, rows: int, reached: Answer) -> str:
    return (f"{rows} list rows per policy show the increment to within ±{reached['planned_half_width']:.4g} and find"
            f" {reached['planned_mde']:.4g} or more with 80 % power; {strategy.mde:.4g} is worth having and would need"
            f" {reached['n_needed']}")  # fmt: skip


def _bases(
    settings: Settings, connection: Connection, state: State, strategy: Strategy, found: Pool, rows: dict[str, int],
    span: Window,
) -> tuple[Moments, Moments, str] | None:  # fmt: skip
    """Moments without contact of the usual list and of the model's, and where the latter come from."""
    pool.eligible(settings, connection, state, strategy, span.then, "pool_before")
    best = {policy: _of_all(strategy, found, rows[policy], policy) for policy in rows}
    asked = {"model": base_rates.MODEL_ORDER, "bau": base_rates.bau_order(strategy)}
    of = {policy: base_rates.outcomes(connection, strategy.primary_metric, base_rates.best("pool_before", order, best[policy]), span)
          for policy, order in asked.items()}  # fmt: skip
    base, model_base = of["bau"], of["model"]
    if base is None:
        return None
    if model_base is not None and model_tags.has_scores(connection, strategy.model_id, span.then):
        return base, model_base, f"its best of {span.then}"
    lift = base_rates.score_lift(connection, strategy, "pool_now", best["model"])
    if lift is None or not is_rate(strategy.primary_metric):
        return base, base, "as the usual list: there are no scores to judge it by"
    return base, replace(base, mean=min(base.mean * lift, 1.0)), f"the usual list's, times {lift:.2f} by tonight's scores"


def _of_all(strategy: Strategy, found: Pool, rows: int, policy: str) -> int:
    """The best so many of all customers hold a policy's list: each policy picks from its random share of them."""
    share = getattr(strategy.policy_shares, policy) * (1 - strategy.global_holdout_share)
    return max(round(rows / share), 1)
