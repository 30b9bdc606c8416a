"""What is fixed before a strategy's outcomes are read: caps, estimator, the split of alpha, the day of the final look."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from features import files
from features.errors import KehuError
from features.settings import Settings
from features.warehouse import Connection
from models.experiments.plan import Plan

CAP_QUANTILE = 0.995
HISTORY_DAYS = 365
FAMILIES = ("time", "wealth", "fund", "insurance", "gold", "trust", "pension")
MONEY_METRICS = ("aum_change", "net_new_money", *(f"purchase_amount_{family}" for family in FAMILIES))
FOLDER = "registrations"


@dataclass(frozen=True)
class Registration:
    """One experiment's plan as registered on the night of its first list; `caps` per money metric."""

    experiment_id: str
    registered_date: date
    estimator: str
    caps: Mapping[str, float]
    plan: Plan
    plan_hash: str

    @property
    def is_intact(self) -> bool:
        """The plan still hashes to what was registered."""
        return self.plan.fingerprint() == self.plan_hash


def is_money(metric_id: str) -> bool:
    """Amounts have heavy tails: they are judged capped and adjusted; rates are judged as they are."""
    return metric_id in MONEY_METRICS


def registration(settings: Settings, connection: Connection, strategy: Mapping[str, Any], night: date) -> Registration:
    """The plan of a strategy version; written down on the first night that asks, read ever after."""
    experiment_id = f"{strategy['strategy_id']}.v{strategy['version']}"
    path = settings.state / FOLDER / f"{experiment_id}.json"
    if path.is_file():
        found = _read(path)
        if found.registered_date < night:
            return found
    made = _made(connection, experiment_id, strategy, night)
    files.write_text(path, _text(made))
    return made


def _made(connection: Connection, experiment_id: str, strategy: Mapping[str, Any], night: date) -> Registration:
    metric, caps = str(strategy["primary_metric"]), _caps(connection, strategy, night)
    plan = Plan(
        design="four_cell", metrics=(metric,), covariate="covariate" if is_money(metric) else None,
        shares={"contacted": round(1 - strategy["hold_share"], 4), "held": strategy["hold_share"]},
        mde=strategy["mde"], horizon=strategy["horizon_date"], caps=caps,
        direction=-1 if strategy["direction"] == "decrease" else 1,
    )
    estimator = "capped_adjusted" if is_money(metric) else "raw"
    return Registration(experiment_id, night, estimator, caps, plan, plan.fingerprint())


def _text(made: Registration) -> str:
    plan = asdict(made.plan)
    return json.dumps({
        "experiment_id": made.experiment_id, "registered_date": made.registered_date.isoformat(),
        "estimator": made.estimator, "caps": dict(made.caps), "plan_hash": made.plan_hash,
        "plan": {**plan, "horizon": plan["horizon"].isoformat() if plan["horizon"] else None},
    }, indent=1, sort_keys=True)


def _read(path: Path) -> Registration:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        plan = dict(kept["plan"])
        plan["metrics"] = tuple(plan["metrics"])
        plan["horizon"] = date.fromisoformat(plan["horizon"]) if plan["horizon"] else None
        return Registration(kept["experiment_id"], date.fromisoformat(kept["registered_date"]), kept["estimator"],
                            kept["caps"], Plan(**plan), kept["plan_hash"])
    except (ValueError, KeyError, TypeError) as broken:
        raise KehuError(f"the registered plan {path.name} cannot be read: {broken}", "kehu restore FILE") from broken


def _caps(connection: Connection, strategy: Mapping[str, Any], night: date) -> dict[str, float]:
    """Blind to arms and to outcomes: the 99.5 % quantile of each amount before the first list."""
    family = strategy["product_family"]
    window = {"first": night - timedelta(days=strategy["window_days"]), "night": night}
    year = {"first": night - timedelta(days=HISTORY_DAYS), "night": night}
    arms = {"experiment": f"{strategy['strategy_id']}.v{strategy['version']}"}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "aum_change": (_AUM_SQL, window | arms), "net_new_money": (_FLOW_SQL, window | arms),
    }
    if family in FAMILIES:
        asked[f"purchase_amount_{family}"] = (_BOUGHT_SQL, year | {"family": family})
    found = {name: connection.execute(_QUANTILE.format(sql), values).fetchall()[0][0] for name, (sql, values) in asked.items()}
    return {name: round(float(cap), 2) for name, cap in found.items() if cap}


_QUANTILE = f"select quantile_cont(amount, {CAP_QUANTILE}) from ({{}}) where amount > 0"
_ARMS = ("select customer_id from campaign.assignment"
         " where experiment_id = $experiment and policy is not null and assigned_date <= $night")
_AUM_SQL = f"""
    select abs(cast(sum(b.delta_amount) as double)) as amount
    from customer.fct_balance_change as b
    inner join vocabulary.product_family as f on f.product_family = b.product_family and f.is_aum
    where b.balance_date > $first and b.balance_date <= $night and b.known_at <= $night
        and b.customer_id in ({_ARMS})
    group by b.customer_id
"""
_FLOW_SQL = f"""
    select abs(cast(sum(external_credit_amount - external_debit_amount) as double)) as amount
    from customer.fct_transaction_measure
    where txn_date > $first and txn_date <= $night and known_at <= $night and customer_id in ({_ARMS})
    group by customer_id
"""
_BOUGHT_SQL = """
    select cast(sum(amount * row_sign) as double) as amount
    from customer.fct_purchase
    where product_family = $family and purchase_date > $first and purchase_date <= $night and known_at <= $night
    group by contract_no
"""
