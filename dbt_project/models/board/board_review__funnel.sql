-- What happened to the contacted members of each list, model and BAU apart; the last step is the measured outcome.
{%- set steps = [('listed', 'true'), ('dispatched', 'is_dispatched'), ('delivered', 'is_delivered'),
                 ('connected', 'is_connected'), ('responded', 'has_responded')] %}
with member as (
    select v.strategy_id, e.policy, e.is_dispatched, e.is_delivered, e.is_connected, e.has_responded
    from {{ ref('execution') }} as e
    inner join {{ ref('list_version') }} as v on v.list_id = e.list_id
    where e.arm = 'contact'
),

step as (
    {%- for name, condition in steps %}
    select strategy_id, policy, {{ loop.index }} as step_order, '{{ name }}' as step,
        count(*) filter (where {{ condition }}) as people_count, count(*) as base_count
    from member
    group by strategy_id, policy
    union all
    {%- endfor %}
    select strategy_id, policy, 6, 'outcome', event_count, people_count
    from {{ ref('board_review__cell') }}
    where arm = 'contacted' and metric_kind = 'rate' and people_count > 0
)

select
    cast(strategy_id as varchar) as strategy_id,
    cast(policy as varchar) as policy,
    cast(step_order as integer) as step_order,
    cast(step as varchar) as step,
    cast(people_count as bigint) as people_count,
    cast(base_count as bigint) as base_count,
    cast(people_count as double) / nullif(cast(base_count as double), 0) as share_rate
from step
