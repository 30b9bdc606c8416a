"""Ranks each policy's customers, fills the capacity, and cuts the list where the channel has no more room."""

from datetime import date

from features.warehouse import Connection
from orchestration.strategy import arms
from orchestration.strategy.contract import Strategy


def choose(connection: Connection, strategy: Strategy, night: date, room: int | None) -> None:
    """From `eligible_now` to temp tables `global_now`, `policy_now`, `ranked_now` and `member_now`.

    `ranked_now` (customer_id, policy, score, rank, other_rank) holds everybody who may be listed; `member_now` those
    on the list with their contact arm. Ties fall to the smaller customer_id, so the same input gives the same list.
    """
    arms.assign(connection, strategy, "global", "select customer_id from eligible_now where static_reason is null",
                night, "global_now")  # fmt: skip
    free = (
        "select e.customer_id from eligible_now as e inner join global_now as g using (customer_id)"
        " where e.dynamic_reason is null and g.arm = 'marketed'"
    )
    arms.assign(connection, strategy, "policy", free, night, "policy_now")
    connection.execute(_rank_sql(strategy))
    listed = f"select customer_id from ranked_now where rank <= {strategy.capacity_per_wave}"
    arms.assign(connection, strategy, "contact", listed, night, "contact_now")
    cut = _cut(connection, strategy.capacity_per_wave, room)
    connection.execute(
        f"create or replace temp table member_now as select r.*, c.arm, c.probability, c.bucket, c.salt"
        f" from ranked_now as r inner join contact_now as c using (customer_id) where r.rank <= {cut}"
    )


def _rank_sql(strategy: Strategy) -> str:
    keys = ", ".join(
        f"bau_{n} {key.direction} nulls last" for n, key in enumerate(strategy.bau_rank, start=1)
    )
    return f"""
        create or replace temp table ranked_now as
        with ordered as (
            select e.customer_id, p.arm as policy, e.score,
                row_number() over (partition by p.arm order by e.score desc nulls last, e.customer_id asc) as by_model,
                row_number() over (partition by p.arm order by {keys}, e.customer_id asc) as by_bau
            from eligible_now as e inner join policy_now as p using (customer_id)
        )
        select customer_id, policy, score,
            cast(case policy when 'model' then by_model else by_bau end as integer) as rank,
            cast(case policy when 'model' then by_bau else by_model end as integer) as other_rank
        from ordered
    """


def _cut(connection: Connection, capacity: int, room: int | None) -> int:
    """The rank down to which both policies together stay within the channel's room: the same for both."""
    if room is None:
        return capacity
    row = connection.execute(
        """
        select coalesce(max(rank), 0) from (
            select rank, sum(count(*) filter (where arm = 'contact')) over (order by rank) as contacts
            from ranked_now inner join contact_now using (customer_id) group by rank
        ) where contacts <= ?
        """,
        [max(room, 0)],
    ).fetchone()
    return int(row[0]) if row else 0
