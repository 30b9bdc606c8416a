-- The other metrics of every strategy on its newest night: read beside the primary one, never instead of it.
with newest as (
    select strategy_id, max(as_of_date) as as_of_date
    from {{ source('measure', 'measurement') }}
    group by strategy_id
)

select
    cast(m.strategy_id as varchar) as strategy_id,
    cast(m.metric_id as varchar) as metric_id,
    cast(coalesce(w.metric_kind, 'rate') as varchar) as metric_kind,
    cast(coalesce(w.name_zh, m.metric_id) as varchar) as name_zh,
    cast(coalesce(w.name_en, m.metric_id) as varchar) as name_en,
    cast(r.reporting_currency as varchar) as currency,
    cast(m.model_effect as double) as model_effect,
    cast(m.bau_effect as double) as bau_effect,
    cast(m.naive_gap as double) as naive_gap,
    cast(m.model_increment as double) as model_increment,
    cast(m.model_increment_low as double) as model_increment_low,
    cast(m.model_increment_high as double) as model_increment_high
from {{ source('measure', 'measurement') }} as m
inner join newest as n on n.strategy_id = m.strategy_id and n.as_of_date = m.as_of_date
cross join {{ source('control', 'build_range') }} as r
left join {{ ref('board_metric__word') }} as w on w.metric_id = m.metric_id
where not m.is_primary
