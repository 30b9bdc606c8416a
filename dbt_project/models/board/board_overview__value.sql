-- What the models added where a verdict stands, and how many people are kept from all marketing.
with decided as (
    select
        count(*) as strategy_count,
        cast(sum(cast(added_total as decimal(28, 8))) as double) as value,
        sqrt(cast(sum(cast(power(model_increment_se * n_model_contacted, 2) as decimal(28, 8))) as double)) as standard_error
    from {{ ref('board_review__strategy') }}
    where verdict in ('win', 'harm', 'futile') and metric_kind = 'rate'
),

held as (
    select count(distinct customer_id) as people_count
    from {{ ref('assignment') }}
    where is_global_holdout
),

quantile as (
    select 1.959963984540054 as z
)

select
    cast(d.strategy_count as bigint) as strategy_count,
    cast(d.value as double) as added_people,
    cast(d.value - q.z * d.standard_error as double) as added_people_low,
    cast(d.value + q.z * d.standard_error as double) as added_people_high,
    cast(h.people_count as bigint) as global_holdout_count
from decided as d
cross join held as h
cross join quantile as q
