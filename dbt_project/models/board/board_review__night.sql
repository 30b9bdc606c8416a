-- The increment of the primary metric night by night, as it was measured then.
select
    cast(m.strategy_id as varchar) as strategy_id,
    cast(m.as_of_date as date) as as_of_date,
    cast(m.model_increment as double) as model_increment,
    cast(m.model_increment_low as double) as model_increment_low,
    cast(m.model_increment_high as double) as model_increment_high,
    cast(m.sequence_low as double) as sequence_low,
    cast(m.sequence_high as double) as sequence_high,
    cast(coalesce(m.judged_increment, m.model_increment) as double) as judged_increment,
    cast(m.ever_low as double) as ever_low,
    cast(m.ever_high as double) as ever_high,
    cast(m.naive_gap as double) as naive_gap,
    cast(m.n_model_contacted + m.n_model_held + m.n_bau_contacted + m.n_bau_held as bigint) as people_count,
    cast(m.matured_share_rate as double) as matured_share_rate,
    cast(m.verdict as varchar) as verdict
from {{ source('measure', 'measurement') }} as m
inner join {{ ref('board_review__strategy') }} as s on s.strategy_id = m.strategy_id and s.metric_id = m.metric_id
    and s.measured_version = m.strategy_version
where m.is_primary and m.model_increment is not null
