"""What the bank's own history says of a metric before any experiment: spread, covariate, and how alike a cluster's customers are."""

from datetime import date
from typing import Any

import numpy as np

from features import store
from features.audience import compile_expression
from features.errors import KehuError
from features.settings import Settings
from features.state import State
from features.warehouse import Connection
from models.experiments.cluster import intra_cluster_correlation
from models.experiments.columns import quoted
from orchestration.strategy import base_rates, model_tags, past
from orchestration.strategy.base_rates import Window
from orchestration.strategy.contract import METRICS

Answer = dict[str, Any]


def read(
    settings: Settings, state: State, metric: str, days: int, audience: str | None = None, cluster: str | None = None
) -> Answer:
    """`{metric, window_days, from_date, to_date, customers, mean, sd, rho, cluster, clusters, cluster_size, icc}`.

    Over the newest whole window of `days` that the kept snapshots show, of the customers of `audience` (an expression
    over tags) or of all; `cluster` names the tag of branch, adviser or village. Amounts are capped as nights cap them.
    """
    if metric not in METRICS:
        raise KehuError(f"no metric is called '{metric}'", f"use one of {', '.join(METRICS)}")
    if not 1 <= days <= 365:
        raise KehuError(f"a window of {days} days", "give --window from 1 to 365")
    as_of_date, kept = date.fromisoformat(store.build_json(settings)["as_of_date"]), past.kept(settings)
    span = base_rates.window(list(kept), days, as_of_date)
    if span is None:
        raise KehuError(f"history is shorter than one window of {days} days", "give a smaller --window, or --base-rate or --sd")
    with past.opened(settings, state, {day: kept[day] for day in sorted({span.then, span.end})}) as connection:
        return {"metric": metric, "window_days": days, "from_date": span.then.isoformat(), "to_date": span.to_date.isoformat(),
                **_found(connection, metric, span, audience, cluster)}  # fmt: skip


def _found(connection: Connection, metric: str, span: Window, audience: str | None, cluster: str | None) -> Answer:
    _people(connection, span, audience, cluster)
    found = base_rates.outcomes(connection, metric, "select customer_id from people", span)
    if found is None:
        raise KehuError(f"fewer than {base_rates.FEWEST} customers, or nobody with {metric} in the window", "widen --audience or --window")
    answer = {"customers": found.count, "mean": found.mean, "sd": found.sd, "rho": found.rho}
    return answer | (_clusters(connection, metric, span, cluster) if cluster else {})


def _people(connection: Connection, span: Window, audience: str | None, cluster: str | None) -> None:
    """Temp table `people` (customer_id, cluster) as of the window's first day."""
    known = model_tags.catalogue(connection)
    if cluster is not None and cluster not in known:
        raise KehuError(f"no tag is called '{cluster}'", "kehu tags list --search branch")
    asked = compile_expression(audience, known) if audience else None
    where = f" and {asked.where}" if asked else ""
    connection.execute(
        f"create temp table people as select customer_id, cast({quoted(cluster) if cluster else 'null'} as varchar) as cluster"
        f" from tags.customer_tags_all where as_of_date = ?{where}", [span.then, *(asked.parameters if asked else [])])  # fmt: skip


def _clusters(connection: Connection, metric: str, span: Window, cluster: str) -> Answer:
    """Of customers who have a cluster; the size is the one that an average customer sees, so that uneven clusters cost more."""
    rows = connection.execute(
        "select count(*), sum(value), sum(value * value) from"
        f" ({base_rates.panel_sql(metric, 'select customer_id from people where cluster is not null')}) as v"
        " inner join people as p using (customer_id) group by p.cluster order by p.cluster", span.parameters()).fetchall()  # fmt: skip
    if len(rows) < 2:
        raise KehuError(f"'{cluster}' puts the customers into {len(rows)} clusters", "name another tag with --cluster")
    n, total, square = np.array(rows, dtype=np.float64).T
    return {"cluster": cluster, "clusters": len(rows), "cluster_size": float((n**2).sum() / n.sum()),
            "icc": intra_cluster_correlation(n, total, square)}  # fmt: skip
