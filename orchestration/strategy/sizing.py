"""What a strategy can prove, said before launch: sizes and least detectable increment from the bank's history."""

import json
from datetime import date, timedelta
from typing import Any

from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from models.experiments.power import Setting
from models.experiments.power import plan as power_plan
from orchestration.strategy import eligibility, life, pinned, vocabulary
from orchestration.strategy.check import read_strategy
from orchestration.strategy.contract import Strategy
from orchestration.strategy.eligibility import Offer

FEWEST = 100
"""Below this many customers history says too little about the rate."""


def plan(settings: Settings, connection: Connection, state: State, strategy_id: str) -> dict[str, Any]:
    """Sizes, base value and detectable increment; recorded in state, so that approval and board show it.

    `{strategy_id, version, as_of_date, history_date, eligible, planned_n, base_mean, base_sd, planned_mde, mde,
    is_powered, n_needed, power, formula, sentence_en}`; planned_n counts one policy's list rows. Null base and mde
    where history is too short to tell.
    """
    strategy = read_strategy(settings, strategy_id)
    pinned.pin(settings, connection, state)
    as_of_date = _snapshot(connection, date.max)
    if as_of_date is None:
        raise KehuError("the build has no tags yet", "kehu nightly")
    eligible = _eligible(settings, connection, strategy, as_of_date)
    planned_n = _planned_n(strategy, eligible)
    answer: dict[str, Any] = {
        "strategy_id": strategy.id, "version": strategy.version, "as_of_date": as_of_date.isoformat(),
        "eligible": eligible, "planned_n": planned_n, "mde": strategy.mde, "waves": strategy.planned_waves,
        **_power(settings, connection, strategy, as_of_date, planned_n),
    }  # fmt: skip
    life.record(state, strategy, "planned", "plan", json.dumps(answer, ensure_ascii=False, sort_keys=True))
    return answer


def _snapshot(connection: Connection, limit: date) -> date | None:
    found: date | None = connection.execute(
        "select max(as_of_date) from tags.customer_tags_all where as_of_date <= ?", [limit]
    ).fetchall()[0][0]
    return found


def _eligible(settings: Settings, connection: Connection, strategy: Strategy, night: date) -> int:
    """Customers of the audience whom policy lets through, scores and lists aside; leaves temp table `eligible_now`."""
    offer = vocabulary.read(settings, "product_offer")[strategy.product_id]
    channel = vocabulary.read(settings, "channel")[strategy.channel_id]
    eligibility.find(
        connection, strategy, Offer(offer["risk_level"], channel["needs_consent"] == "true", None), night, []
    )
    counted = connection.execute(
        "select count(*) from eligible_now where static_reason is null or static_reason = 'no_score'"
    ).fetchall()
    return int(counted[0][0])


def _planned_n(strategy: Strategy, eligible: int) -> int:
    """List rows of one policy until the final look: the capacity, or its arm where that is smaller."""
    arm = (
        eligible
        * (1 - strategy.global_holdout_share)
        * min(strategy.policy_shares.model, strategy.policy_shares.bau)
    )
    return min(strategy.capacity_per_wave * strategy.planned_waves, int(arm))


def _power(
    settings: Settings, connection: Connection, strategy: Strategy, as_of_date: date, planned_n: int
) -> dict[str, Any]:
    unknown = dict.fromkeys(
        ("history_date", "base_mean", "base_sd", "planned_mde", "is_powered", "n_needed", "power")
    )
    then = _snapshot(connection, as_of_date - timedelta(days=strategy.window_days))
    if then is None:
        return {
            **unknown,
            "sentence_en": "no history of one outcome window yet: nothing can be said about power",
        }
    count, mean, sd = _history(settings, connection, strategy, then, as_of_date, planned_n)
    if count < FEWEST or not sd or planned_n < 2:
        return {**unknown, "history_date": then.isoformat(),
                "sentence_en": f"only {count} customers in history: too few to say anything about power"}  # fmt: skip
    setting = Setting(sd=sd, hold=strategy.hold_share)
    reached = power_plan("four_cell", setting, n=planned_n)
    needed = power_plan("four_cell", setting, mde=strategy.mde)
    powered = power_plan("four_cell", setting, n=planned_n, mde=strategy.mde)
    is_powered = reached["mde"] <= strategy.mde
    return {
        "history_date": then.isoformat(), "base_mean": mean, "base_sd": sd, "planned_mde": reached["mde"],
        "is_powered": is_powered, "n_needed": needed["n_per_arm"], "power": powered["power"],
        "formula": reached["formula"],
        "sentence_en": f"{planned_n} list rows per policy find an increment of {reached['mde']:.4g};"
                       f" {strategy.mde:.4g} is worth having and would need {needed['n_per_arm']}",
    }  # fmt: skip


def _history(
    settings: Settings, connection: Connection, strategy: Strategy, then: date, known: date, planned_n: int
) -> tuple[int, float | None, float | None]:
    """(customers, mean, standard deviation) of the primary metric among BAU's best of an earlier date."""
    _eligible(settings, connection, strategy, then)
    keys = ", ".join(
        f"bau_{n} {key.direction} nulls last" for n, key in enumerate(strategy.bau_rank, start=1)
    )
    row = connection.execute(
        f"""
        with best as (
            select customer_id from eligible_now where static_reason is null or static_reason = 'no_score'
            order by {keys}, customer_id limit {max(planned_n * 2, FEWEST)}
        )
        select count(*), avg(value), stddev_samp(value)
        from (select b.customer_id, coalesce(v.value, 0) as value from best as b left join ({_metric_sql(strategy)}) as v
            using (customer_id))
        """,
        {"from_date": then, "to_date": then + timedelta(days=strategy.window_days), "known_date": known},
    ).fetchall()[0]
    return int(row[0]), row[1], row[2]


def _metric_sql(strategy: Strategy) -> str:
    """(customer_id, value) of the primary metric within ($from_date, $to_date], as known by $known_date."""
    metric = strategy.primary_metric
    window = "between $from_date + 1 and $to_date"
    if metric.startswith("purchase_"):
        family = metric.removeprefix("purchase_").removeprefix("amount_")
        value = "sum(amount * row_sign)::double" if "amount" in metric else "1.0"
        return (
            f"select customer_id, {value} as value from customer.fct_purchase where product_family = '{family}'"
            f" and purchase_date {window} and known_at <= $known_date group by customer_id having sum(row_sign) > 0"
        )
    if metric == "aum_change":
        return (f"select customer_id, sum(delta_amount)::double as value from customer.fct_balance_change"
                f" where balance_date {window} and known_at <= $known_date group by customer_id")  # fmt: skip
    if metric == "active_txn":
        return (f"select customer_id, 1.0 as value from customer.fct_transaction_day where txn_date {window}"
                f" and known_at <= $known_date group by customer_id having sum(initiated_count) > 0")  # fmt: skip
    return (f"select customer_id, 1.0 as value from customer.fct_card where first_txn_date {window}"
            f" and $known_date is not null group by customer_id")  # fmt: skip
