{# Per strategy what its newest night found: the primary metric's effects in all forms, what decides, verdict and money. #}
{% macro review_found() %}
with measured as (
    select *
    from {{ source('measure', 'measurement') }}
    where is_primary
    qualify row_number() over (
        partition by strategy_id order by as_of_date desc nulls last, strategy_version desc nulls last, metric_id asc nulls last) = 1
),

verdict_change as (
    select m.strategy_id, max(n.as_of_date) as changed_date
    from measured as m
    inner join {{ source('measure', 'measurement') }} as n
        on n.strategy_id = m.strategy_id and n.strategy_version = m.strategy_version and n.is_primary and n.verdict <> m.verdict
    group by m.strategy_id
),

verdict_since as (
    select m.strategy_id, min(n.as_of_date) as verdict_since_date
    from measured as m
    inner join {{ source('measure', 'measurement') }} as n
        on n.strategy_id = m.strategy_id and n.strategy_version = m.strategy_version and n.is_primary
    left join verdict_change as c on c.strategy_id = m.strategy_id
    where c.changed_date is null or n.as_of_date > c.changed_date
    group by m.strategy_id
)

select
    m.strategy_id,
    cast(m.strategy_version as integer) as measured_version,
    cast(m.as_of_date as date) as as_of_date,
    cast(m.metric_id as varchar) as metric_id,
    {%- for column, type, side in review_columns() %}
    cast({{ side }}.{{ column }} as {{ type }}) as {{ column }},
    {%- endfor %}
    cast(m.srm_status as varchar) as srm_status,
    cast(m.verdict as varchar) as verdict,
    cast(m.planned_mde as double) as planned_mde,
    cast(m.is_powered as boolean) as is_powered,
    cast(coalesce(v.verdict_since_date, m.as_of_date) as date) as verdict_since_date
from measured as m
left join {{ source('measure', 'money') }} as y
    on y.strategy_id = m.strategy_id and y.strategy_version = m.strategy_version and y.as_of_date = m.as_of_date
left join verdict_since as v on v.strategy_id = m.strategy_id
{% endmacro %}
