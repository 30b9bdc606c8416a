"""Sufficient statistics per list: a night reads the lists that may still change, and adds up what earlier nights kept."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from features import warehouse
from features.warehouse import Connection
from models.experiments.moments import CellMoments
from orchestration.measure.tables import Columns, create

SETTLE_DAYS = 60
"""Contacts are taken in for this long after a list (campaign.execution); outcomes for a week after their window."""
LATE_DAYS = 7
NUMBERS = ("value", "capped", "covariate", "missing", "before")
"""Per member and metric: the value, the value under the cap, what was known before (0 and an indicator where unknown),
and the logarithm of what was known before, on which the arms must not differ."""
PAIRS = [(i, j) for i in range(len(NUMBERS)) for j in range(i, len(NUMBERS))]

WAVE: Columns = {
    "list_id": "varchar", "strategy_id": "varchar", "strategy_version": "integer", "listed_date": "date",
    "expires_date": "date", "matured_date": "date", "cell": "varchar", "listed_count": "bigint",
    "dispatched_count": "bigint", "delivered_count": "bigint", "joined_count": "bigint", "mismatch_count": "bigint",
    "cost_amount": "double", "other_sum": "double", "other_square": "double",
}  # fmt: skip
MOMENT: Columns = {
    "list_id": "varchar", "strategy_id": "varchar", "strategy_version": "integer", "listed_date": "date",
    "matured_date": "date", "metric_id": "varchar", "segment": "varchar", "cell": "varchar", "n": "bigint",
    **{f"s{i}": "double" for i in range(len(NUMBERS))}, **{f"q{i}{j}": "double" for i, j in PAIRS},
    "cube_value": "double", "cube_capped": "double",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """Moments of the columns `NUMBERS` over one cell and the skewness of value and capped value."""

    moments: CellMoments
    skewness: tuple[float, float] = (0.0, 0.0)

    def of(self, *names: str) -> CellMoments:
        """Moments of some columns of `NUMBERS`, in the order given."""
        return self.moments.pick(*(NUMBERS.index(name) for name in names))


@dataclass
class Collected:
    """What a strategy's matured lists hold by a night: metric -> cell -> numbers."""

    metrics: dict[str, dict[str, Cell]] = field(default_factory=dict)


def refresh(connection: Connection, load_from_date: date, caps: list[dict[str, Any]]) -> int:
    """Recomputes the lists that rows known since `load_from_date` may change; returns how many.

    `caps` are `{strategy_id, strategy_version, metric_id, cap}`. A list whose windows are over keeps its figures.
    """
    create(connection, {"wave": WAVE, "moment": MOMENT})
    _open_waves(connection, load_from_date)
    for table in ("wave", "moment"):
        connection.execute(f"delete from measure.{table} where list_id in (select list_id from wave_now)")
    connection.execute(f"insert into measure.wave ({', '.join(WAVE)}) {_WAVE_SQL}")
    _cap_table(connection, caps)
    connection.execute(f"insert into measure.moment ({', '.join(MOMENT)}) {_moment_sql()}")
    return int(connection.execute("select count(*) from wave_now").fetchall()[0][0])


def _open_waves(connection: Connection, load_from_date: date) -> None:
    connection.execute(
        f"""
        create or replace temp table wave_now as
        select v.list_id, v.strategy_id, v.strategy_version, v.as_of_date as listed_date, v.expires_date,
            v.as_of_date + s.window_days as matured_date, s.primary_metric
        from campaign.list_version as v
        inner join state.strategy as s on s.strategy_id = v.strategy_id and s.version = v.strategy_version
        where v.as_of_date + greatest({SETTLE_DAYS}, s.window_days + {LATE_DAYS}) >= $load_from
            or v.list_id not in (select list_id from measure.wave)
        """,
        {"load_from": load_from_date},
    )


def _cap_table(connection: Connection, caps: list[dict[str, Any]]) -> None:
    connection.execute("create or replace temp table cap_now (strategy_id varchar, strategy_version integer,"
                       " metric_id varchar, cap double)")
    if caps:
        marks = ", ".join(["(?, ?, ?, ?)"] * len(caps))
        connection.execute(f"insert into cap_now values {marks}", [
            cap[name] for cap in caps for name in ("strategy_id", "strategy_version", "metric_id", "cap")])


# Every member once: what the channels did, whether the outcome is there, whether the log says the same, and how many
# marketing contacts other strategies made within the window.
_WAVE_SQL = """
with member as (
    select w.list_id, w.strategy_id, w.strategy_version, w.listed_date, w.expires_date, w.matured_date,
        m.customer_id, m.policy, m.arm, m.cell
    from wave_now as w inner join campaign.list_member as m on m.list_id = w.list_id
),
touch as (
    select contact_id, customer_id, strategy_id, contact_date
    from customer.fct_contact
    where message_class = 'marketing' and contact_date > (select min(listed_date) from wave_now)
    group by contact_id, customer_id, strategy_id, contact_date
    having sum(row_sign) > 0
),
other as (
    select m.list_id, m.customer_id, count(*) as contact_count
    from member as m
    inner join touch as t on t.customer_id = m.customer_id and t.strategy_id is distinct from m.strategy_id
        and t.contact_date > m.listed_date and t.contact_date <= m.matured_date
    group by m.list_id, m.customer_id
),
joined as (
    select distinct o.list_id, o.customer_id
    from campaign.outcome_panel as o inner join wave_now as w on w.list_id = o.list_id
        and o.metric_id = w.primary_metric
)
select m.list_id, m.strategy_id, m.strategy_version, m.listed_date, m.expires_date, m.matured_date, m.cell, count(*),
    count(*) filter (where e.is_dispatched), count(*) filter (where e.is_dispatched and e.is_delivered), count(j.customer_id),
    count(*) filter (where a.customer_id is null or a.policy is distinct from m.policy
        or a.contact is distinct from case m.arm when 'contact' then 1 else 0 end),
    coalesce(sum(cast(e.cost_amount as double)), 0), coalesce(sum(o.contact_count), 0),
    coalesce(sum(o.contact_count * o.contact_count), 0)
from member as m
left join campaign.execution as e on e.list_id = m.list_id and e.customer_id = m.customer_id
left join campaign.assignment as a on a.list_id = m.list_id and a.customer_id = m.customer_id
left join joined as j on j.list_id = m.list_id and j.customer_id = m.customer_id
left join other as o on o.list_id = m.list_id and o.customer_id = m.customer_id
group by all order by all
"""


def _moment_sql() -> str:
    """Per list, metric and cell the sums over members; the primary metric also by segment."""
    sums = [_steady(name) for name in NUMBERS] + [_steady(f"{NUMBERS[i]} * {NUMBERS[j]}") for i, j in PAIRS]
    return f"""
    with panel as (
        select w.list_id, w.strategy_id, w.strategy_version, w.listed_date, w.matured_date, o.metric_id, o.cell,
            o.value, o.metric_id = w.primary_metric as is_primary, o.segment,
            case when c.cap is null then o.value else greatest(least(o.value, c.cap), -c.cap) end as capped,
            coalesce(o.covariate, 0.0) as covariate,
            case when o.covariate is null then 1.0 else 0.0 end as missing,
            ln(1 + greatest(coalesce(o.covariate, 0.0), 0.0)) as before
        from wave_now as w
        inner join campaign.outcome_panel as o on o.list_id = w.list_id
        left join cap_now as c on c.strategy_id = w.strategy_id and c.strategy_version = w.strategy_version
            and c.metric_id = o.metric_id
        where o.cell is not null and o.value is not null and w.matured_date <= (select to_date from control.build_range)
    ),
    row_of as (
        select *, cast(null as varchar) as part from panel
        union all
        select *, segment from panel where is_primary and segment is not null
    )
    select list_id, strategy_id, strategy_version, listed_date, matured_date, metric_id, part, cell, count(*),
        {', '.join(sums)}, {_steady('value * value * value')}, {_steady('capped * capped * capped')}
    from row_of
    group by list_id, strategy_id, strategy_version, listed_date, matured_date, metric_id, part, cell
    order by list_id, metric_id, part nulls first, cell
    """


def _steady(term: str) -> str:
    """A sum that does not depend on the order of rows: its last bits, which do, are rounded away."""
    return f"cast(format('{{:.13e}}', fsum({term})) as double)"


def collected(connection: Connection, strategy_id: str, version: int, night: date) -> dict[str, dict[str, Cell]]:
    """metric -> cell -> numbers over the lists that matured by `night`."""
    found: dict[str, dict[str, Cell]] = {}
    for metric, _, cell, *sums in _summed(connection, strategy_id, version, night, "segment is null"):
        found.setdefault(metric, {})[cell] = _cell(sums)
    return found


def segments(connection: Connection, strategy_id: str, version: int, night: date) -> dict[tuple[str, str], CellMoments]:
    """(segment, cell) -> moments of the primary metric."""
    rows = _summed(connection, strategy_id, version, night, "segment is not null")
    return {(segment, cell): _cell(sums).of("value") for _, segment, cell, *sums in rows}


def _summed(connection: Connection, strategy_id: str, version: int, night: date, which: str) -> list[tuple[Any, ...]]:
    names = [name for name, kind in MOMENT.items() if kind == "double"]
    return connection.execute(
        f"select metric_id, segment, cell, sum(n), {', '.join(f'fsum({name} order by list_id)' for name in names)} from measure.moment"
        f" where strategy_id = ? and strategy_version = ? and matured_date <= ? and {which}"
        " group by metric_id, segment, cell order by metric_id, segment, cell",
        [strategy_id, version, night],
    ).fetchall()


def _cell(row: list[Any]) -> Cell:
    n, k = int(row[0]), len(NUMBERS)
    sums, flat, cubes = np.array(row[1 : 1 + k]), row[1 + k : -2], row[-2:]
    products = np.zeros((k, k))
    for (i, j), value in zip(PAIRS, flat, strict=True):
        products[i, j] = products[j, i] = value
    moments = CellMoments.from_sums(n, sums, products)
    return Cell(moments, (_skewness(moments, 0, sums, products, cubes[0]), _skewness(moments, 1, sums, products, cubes[1])))


def _skewness(moments: CellMoments, at: int, sums: Any, products: Any, cube: float) -> float:
    """Population skewness from raw sums; 0 where nothing varies."""
    n, mean = moments.n, sums[at] / moments.n
    second = float(moments.cross[at, at]) / n
    if second <= 1e-12 * max(1.0, products[at, at] / n):
        return 0.0
    third = cube / n - 3 * mean * products[at, at] / n + 2 * mean**3
    return float(third / second**1.5)


def counts(connection: Connection, strategy_id: str, version: int, night: date) -> list[dict[str, Any]]:
    """One row per cell, summed over the lists made by `night`; `due_*` only over lists whose term is over,
    `matured_*` only over those whose window is."""
    return warehouse.records(connection.execute(
        """
        select cell, sum(listed_count) as listed, sum(dispatched_count) as dispatched, sum(joined_count) as joined,
            sum(mismatch_count) as mismatch, sum(cost_amount) as cost,
            coalesce(sum(listed_count) filter (where expires_date < $night), 0) as due_listed,
            coalesce(sum(dispatched_count) filter (where expires_date < $night), 0) as due_dispatched,
            coalesce(sum(delivered_count) filter (where expires_date < $night), 0) as due_delivered,
            coalesce(sum(listed_count) filter (where matured_date <= $night), 0) as matured_listed,
            coalesce(sum(cost_amount) filter (where matured_date <= $night), 0) as matured_cost,
            coalesce(sum(other_sum) filter (where matured_date <= $night), 0) as other_sum,
            coalesce(sum(other_square) filter (where matured_date <= $night), 0) as other_square
        from measure.wave
        where strategy_id = $strategy and strategy_version = $version and listed_date <= $night
        group by cell order by cell
        """,
        {"strategy": strategy_id, "version": version, "night": night},
    ))
