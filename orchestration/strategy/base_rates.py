"""What customers like those of both lists did without contact, one outcome window ago."""

from dataclasses import dataclass
from datetime import date, timedelta

from features.warehouse import Connection
from orchestration.strategy.contract import Strategy

FEWEST = 100
"""Below this many customers history says too little about the rate."""


@dataclass(frozen=True)
class Moments:
    """The primary metric of one policy's best customers."""

    count: int
    mean: float
    sd: float


def bau_order(strategy: Strategy) -> str:
    """The usual order over the columns of `eligible_now`."""
    keys = enumerate(strategy.bau_rank, start=1)
    return ", ".join(f"bau_{n} {key.direction} nulls last" for n, key in keys)


MODEL_ORDER = "score desc nulls last"


def outcomes(
    connection: Connection, strategy: Strategy, pool: str, order: str, limit: int, then: date, end: date, known: date
) -> Moments | None:
    """Moments over the first `limit` of temp table `pool` as of `then`; None where that says too little.

    Balances and activity are read off the snapshot `end`, the first one after the window.
    """
    row = connection.execute(
        f"""
        with best as (select customer_id from {pool} order by {order}, customer_id limit {max(limit, FEWEST)})
        select count(*), avg(value), stddev_samp(value)
        from (select b.customer_id, coalesce(v.value, 0)::double as value from best as b
            left join ({_metric_sql(strategy.primary_metric)}) as v using (customer_id))
        """,
        {"then": then, "to_date": then + timedelta(days=strategy.window_days), "end": end, "known": known},
    ).fetchall()[0]
    is_telling = row[0] >= FEWEST and (row[1] or row[2])  # where nobody ever did it, history shows no rate
    return Moments(int(row[0]), float(row[1]), float(row[2])) if is_telling else None


def _metric_sql(metric: str) -> str:
    """(customer_id, value) of the primary metric within ($then, $to_date], as known by $known."""
    dates = "select $then::date as then_date, $to_date::date as to_date, $end::date as end_date, $known::date as known_date"
    window = "between d.then_date + 1 and d.to_date"
    if metric.startswith("purchase_"):
        family = metric.removeprefix("purchase_").removeprefix("amount_")
        value = "sum(p.amount * p.row_sign)" if "amount" in metric else "1"
        return (
            f"select p.customer_id, {value} as value from customer.fct_purchase as p, ({dates}) as d"
            f" where p.product_family = '{family}' and p.purchase_date {window} and p.known_at <= d.known_date"
            " group by p.customer_id having sum(p.row_sign) > 0"
        )
    if metric == "aum_change":
        return (f"select e.customer_id, e.aum_cny - s.aum_cny as value from ({dates}) as d"
                " inner join tags.customer_tags_all as e on e.as_of_date = d.end_date"
                " inner join tags.customer_tags_all as s on s.as_of_date = d.then_date and s.customer_id = e.customer_id")  # fmt: skip
    if metric == "active_txn":
        return (f"select e.customer_id, 1 as value from ({dates}) as d inner join tags.customer_tags_all as e"
                " on e.as_of_date = d.end_date and e.days_since_txn < d.end_date - d.then_date")  # fmt: skip
    return f"select c.customer_id, 1 as value from customer.fct_card as c, ({dates}) as d where c.first_txn_date {window} group by c.customer_id"


def score_lift(connection: Connection, strategy: Strategy, pool: str, limit: int) -> float | None:
    """Mean score of the model's first `limit` over that of the usual list's: how much likelier the model's are to buy."""
    means = [
        connection.execute(f"select avg(score) from (select score from {pool} order by {order}, customer_id limit {limit})").fetchall()[0][0]
        for order in (MODEL_ORDER, bau_order(strategy))
    ]
    return float(means[0] / means[1]) if means[0] and means[1] and means[1] > 0 else None
