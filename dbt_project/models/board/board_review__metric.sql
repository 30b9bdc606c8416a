-- The other metrics of every strategy on its newest night: read beside the primary one, never instead of it.
with newest as (
    select strategy_id, strategy_version, as_of_date
    from {{ source('measure', 'measurement') }}
    qualify row_number() over (partition by strategy_id order by as_of_date desc nulls last, strategy_version desc nulls last) = 1
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
    cast(m.model_increment_high as double) as model_increment_high,
    cast(m.model_increment_adjusted as double) as model_increment_adjusted,
    cast(m.model_increment_adjusted_low as double) as model_increment_adjusted_low,
    cast(m.model_increment_adjusted_high as double) as model_increment_adjusted_high,
    cast(m.variance_reduction_rate as double) as variance_reduction_rate,
    cast(m.cap as double) as cap,
    cast(m.model_increment_capped as double) as model_increment_capped,
    cast(m.model_increment_capped_low as double) as model_increment_capped_low,
    cast(m.model_increment_capped_high as double) as model_increment_capped_high
from {{ source('measure', 'measurement') }} as m
inner join newest as n on n.strategy_id = m.strategy_id and n.as_of_date = m.as_of_date
    and n.strategy_version = m.strategy_version
cross join {{ source('control', 'build_range') }} as r
left join {{ ref('board_metric__word') }} as w on w.metric_id = m.metric_id
where not m.is_primary
