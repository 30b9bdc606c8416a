-- Who was put into which arm of which experiment, one row each, from the append-only log and the frozen lists.
with logged as (
    select
        experiment_id,
        strategy_id,
        unit_id as customer_id,
        coalesce(bool_or(level = 0 and arm = 'holdout'), false) as is_global_holdout,
        max(case when level = 1 then arm end) as policy,
        max(case when level = 1 then probability end) as policy_probability,
        max(case when level = 2 then arm end) as contact_arm,
        max(case when level = 2 then probability end) as contact_probability,
        max(case when level = 1 then assigned_date end) as assigned_date
    from {{ source('state', 'assignment') }}
    group by experiment_id, strategy_id, unit_id
)

select
    l.experiment_id,
    l.customer_id,
    l.strategy_id,
    l.is_global_holdout,
    l.policy,
    l.policy_probability,
    case l.contact_arm when 'contact' then 1 when 'hold' then 0 end as contact,
    l.contact_probability,
    m.cell,
    l.assigned_date,
    m.as_of_date as listed_date,
    m.list_id
from logged as l
left join {{ ref('list_member') }} as m
    on l.customer_id = m.customer_id
        and l.experiment_id = m.strategy_id || '.v' || cast(m.strategy_version as varchar)
