-- The four cells of every measured strategy: people, mean, and for rates the number of people who did it.
{%- set cells = [('model', 'contacted'), ('model', 'held'), ('bau', 'contacted'), ('bau', 'held')] %}
with cell as (
    {%- for policy, arm in cells %}
    select strategy_id, metric_kind, currency, '{{ policy }}' as policy, '{{ arm }}' as arm,
        n_{{ policy }}_{{ arm }} as people_count, mean_{{ policy }}_{{ arm }} as mean_value,
        var_{{ policy }}_{{ arm }} as variance
    from {{ ref('board_review__strategy') }}
    where is_measured
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    cast(strategy_id as varchar) as strategy_id,
    cast(policy as varchar) as policy,
    cast(arm as varchar) as arm,
    cast(metric_kind as varchar) as metric_kind,
    cast(currency as varchar) as currency,
    cast(people_count as bigint) as people_count,
    cast(mean_value as double) as mean_value,
    cast(sqrt(variance / nullif(people_count, 0)) as double) as standard_error,
    cast(case when metric_kind = 'rate' then round(mean_value * people_count) end as bigint) as event_count
from cell
