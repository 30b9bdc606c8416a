"""Policy value by whole arms: what became of everybody a policy might have listed, summed inside the database once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.warehouse import Connection
from models.experiments import four_cell
from models.experiments.columns import Column
from models.experiments.relation import Relation
from orchestration.measure.tables import put

KEPT = ("policy_value", "policy_value_se", "policy_value_low", "policy_value_high", "policy_value_p", "arm_model_count",
        "arm_bau_count", "agreement_z", "agreement_p")  # fmt: skip


def fill(connection: Connection, row: dict[str, Any], strategy: Mapping[str, Any], night: date) -> None:
    """Fills policy value and agreement; every member of an arm counts from the night it entered the arm until tonight.

    The same span for listed and unlisted, so that what a policy selects cannot move it. No row leaves the database.
    """
    column = Column("value", has_nulls=False)
    source = Relation(lambda sql: connection.execute(sql).fetchall(), f"({_panel(strategy, night)})")
    cells = {key[0]: groups[column,] for key, groups in source.moments([(column,)]).items()}
    put(row, "policy_value", four_cell.policy_value(cells, is_complete=True))
    for policy in ("model", "bau"):
        row[f"arm_{policy}_count"] = sum(cell.n for name, cell in cells.items() if name.startswith(policy))
    found = four_cell.agreement(cells) or {}
    row["agreement_z"], row["agreement_p"] = found.get("z"), found.get("p_value")


def carry(row: dict[str, Any], former: Mapping[str, Any] | None) -> None:
    """What the final look found stays."""
    row.update({name: former[name] if former else None for name in KEPT})


def _panel(strategy: Mapping[str, Any], night: date) -> str:
    """(cell, value): the four cells and `<policy>_unlisted` of one experiment."""
    experiment = f"{strategy['strategy_id']}.v{strategy['version']}"
    metric, day = str(strategy["primary_metric"]), f"date '{night.isoformat()}'"
    return f"""
        select coalesce(a.cell, a.policy || '_unlisted') as cell, cast(coalesce(o.value, 0) as double) as value
        from campaign.assignment as a
        left join ({_outcome(metric, experiment, day)}) as o on o.customer_id = a.customer_id
        where a.experiment_id = '{experiment}' and a.policy is not null and a.assigned_date <= {day}
    """


def _outcome(metric: str, experiment: str, day: str) -> str:
    """(customer_id, value) of the arm's members since they entered it, as known tonight."""
    arm = f"(select customer_id, assigned_date from campaign.assignment where experiment_id = '{experiment}' and policy is not null)"
    span = f"> a.assigned_date and {{0}} <= {day} and t.known_at <= {day}"
    if metric.startswith("purchase_"):
        family = metric.removeprefix("purchase_").removeprefix("amount_")
        value = "sum(amount)" if metric.startswith("purchase_amount_") else "1"
        when = "t.purchase_date " + span.format("t.purchase_date")
        return f"""
            select customer_id, {value} as value from (
                select a.customer_id, t.contract_no, sum(t.amount * t.row_sign) as amount
                from {arm} as a inner join customer.fct_purchase as t on t.customer_id = a.customer_id
                    and t.product_family = '{family}' and {when}
                group by a.customer_id, t.contract_no having sum(t.row_sign) > 0
            ) group by customer_id"""
    table, date_column, value, extra = _SOURCES[metric]
    when = f"t.{date_column} " + span.format(f"t.{date_column}")
    return (f"select a.customer_id, {value} as value from {arm} as a inner join {table} as t"
            f" on t.customer_id = a.customer_id and {when} {extra} group by a.customer_id")


_SOURCES = {
    "aum_change": ("customer.fct_balance_change", "balance_date", "sum(t.delta_amount)",
                   "inner join vocabulary.product_family as f on f.product_family = t.product_family and f.is_aum"),
    "net_new_money": ("customer.fct_transaction_measure", "txn_date",
                      "sum(t.external_credit_amount - t.external_debit_amount)", ""),
    "active_txn": ("customer.fct_transaction_measure", "txn_date", "case when sum(t.initiated_count) > 0 then 1 else 0 end", ""),
    "card_first_swipe": ("customer.dim_card_version", "first_txn_date", "1", ""),
}  # fmt: skip
