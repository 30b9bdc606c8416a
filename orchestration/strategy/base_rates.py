"""What customers like those of both lists did without contact, one outcome window ago."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from features.warehouse import Connection
from orchestration.strategy.contract import Strategy

FEWEST = 100
"""Below this many customers history says too little about the rate."""
MOST_RHO = 0.999


CAP_QUANTILE = 0.995


@dataclass(frozen=True)
class Window:
    """Customers as of the snapshot `then`; outcomes until `to_date`, read off the snapshot `end`, as known by `known`."""

    then: date
    to_date: date
    end: date
    known: date

    def parameters(self) -> dict[str, date]:
        return {"then": self.then, "to_date": self.to_date, "end": self.end, "known": self.known}


@dataclass(frozen=True)
class Moments:
    """The primary metric of one policy's best customers, amounts capped; `rho` is the correlation of amounts with what
    was known before, by which nights adjust them."""

    count: int
    mean: float
    sd: float
    rho: float = 0.0

    @property
    def judged_sd(self) -> float:
        """What is left for the estimate that decides: amounts are adjusted, rates are judged as counted."""
        return self.sd * math.sqrt(1 - self.rho**2)


def bau_order(strategy: Strategy) -> str:
    """The usual order over the columns of `eligible_now`."""
    keys = enumerate(strategy.bau_rank, start=1)
    return ", ".join(f"bau_{n} {key.direction} nulls last" for n, key in keys)


MODEL_ORDER = "score desc nulls last"


def is_rate(metric: str) -> bool:
    """True for metrics of 0 and 1."""
    return metric in ("card_first_swipe", "active_txn") or (
        metric.startswith("purchase_") and not metric.startswith("purchase_amount_")
    )


def window(kept: list[date], days: int, as_of_date: date) -> Window | None:
    """The newest span of a whole outcome window that the kept snapshots show; None where history is too short."""
    then = max((day for day in kept if day <= as_of_date - timedelta(days=days)), default=None)
    if then is None:
        return None
    to_date = then + timedelta(days=days)
    return Window(then, to_date, min(day for day in kept if day >= to_date), as_of_date)


def outcomes(connection: Connection, metric: str, people: str, span: Window) -> Moments | None:
    """Moments over the customers of the query `people`; None where that says too little."""
    row = connection.execute(
        f"select count(*), avg(value), stddev_samp(value), corr(value, known_before) from ({panel_sql(metric, people)})",
        span.parameters(),
    ).fetchall()[0]
    is_telling = row[0] >= FEWEST and (row[1] or row[2])  # where nobody ever did it, history shows no rate
    if not is_telling:
        return None
    rho = 0.0 if row[3] is None or math.isnan(row[3]) else float(row[3])
    return Moments(int(row[0]), float(row[1]), float(row[2]), min(max(rho, -MOST_RHO), MOST_RHO))


def best(pool: str, order: str, limit: int) -> str:
    """The first customers of temp table `pool`, enough of them to tell something."""
    return f"select customer_id from {pool} order by {order}, customer_id limit {max(limit, FEWEST)}"


def panel_sql(metric: str, people: str) -> str:
    """(customer_id, value, known_before) of a window; amounts capped like a night's, blind to who they belong to."""
    whole = (f"select p.customer_id, coalesce(v.value, 0)::double as value, {_before_sql(metric)} as known_before"
             f" from ({people}) as p left join ({_metric_sql(metric)}) as v using (customer_id)")  # fmt: skip
    if is_rate(metric):
        return whole
    joined = f"{whole} left join tags.customer_tags_all as t on t.customer_id = p.customer_id and t.as_of_date = $then"
    return (f"with whole as ({joined}), fixed as (select quantile_cont(abs(value), {CAP_QUANTILE}) as cap from whole where value <> 0)"
            " select customer_id, greatest(least(value, cap), -cap) as value, known_before from whole, fixed")


def _before_sql(metric: str) -> str:
    """What nights adjust amounts by (campaign.outcome_panel); nothing for rates."""
    if is_rate(metric):
        return "null::double"
    return f"coalesce(t.{'aum_cny' if metric == 'aum_change' else 'aum_month_avg_cny'}, 0)::double"


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
