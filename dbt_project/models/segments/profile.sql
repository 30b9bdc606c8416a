{{ snapshot_incremental() }}
{%- set metrics = segment_metrics() %}
-- The one-pager of every group in one layout: each metric with its interval, against the bank = 100.
with tagged as (
    select
        t.as_of_date,
        t.customer_id,
        {%- for metric in metrics %}
        {{ exact_metric(metric, 't') }} as m{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('customer_tags_all') }} as t
    where t.as_of_date in {{ snapshot_dates() }}
),

member as (
    {{ counted_members(snapshot_dates()) }}
),

{%- for name, key in [('grouped', 'g.as_of_date, g.segment_set, g.segment_id'), ('bank', 't.as_of_date')] %}
{{ name }} as (
    select
        {{ key }},
        count(*) as n,
        {%- for metric in metrics %}
        count(t.m{{ loop.index }}) as n{{ loop.index }},
        sum(t.m{{ loop.index }}) as s{{ loop.index }},
        sum(cast(t.m{{ loop.index }} as decimal(38, 0)) * cast(t.m{{ loop.index }} as decimal(38, 0))) as q{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from tagged as t
    {%- if name == 'grouped' %}
    inner join member as g on t.as_of_date = g.as_of_date and t.customer_id = g.customer_id
    {%- endif %}
    group by {{ key }}
),
{%- endfor %}

long as (
    select g.as_of_date, g.segment_set, g.segment_id, g.n as member_count, 0 as position, g.n, cast(g.n as double) as value,
        cast(null as double) as low, cast(null as double) as high, b.n as bank_n, cast(b.n as double) as bank_value
    from grouped as g
    inner join bank as b on g.as_of_date = b.as_of_date
    {%- for metric in metrics %}
    {%- set i, scale = loop.index, {'share': '1e6', 'amount': '1e2'}.get(metric.unit, '1e0') %}
    union all
    select g.as_of_date, g.segment_set, g.segment_id, g.n as member_count, {{ i }} as position, g.n{{ i }} as n,
        cast(g.s{{ i }} as double) / nullif(g.n{{ i }}, 0) / {{ scale }} as value,
        {{ metric_bound(metric, 'g.n' ~ i, 'g.s' ~ i, 'g.q' ~ i, scale, '-') }} as low,
        {{ metric_bound(metric, 'g.n' ~ i, 'g.s' ~ i, 'g.q' ~ i, scale, '+') }} as high,
        b.n{{ i }} as bank_n, cast(b.s{{ i }} as double) / nullif(b.n{{ i }}, 0) / {{ scale }} as bank_value
    from grouped as g
    inner join bank as b on g.as_of_date = b.as_of_date
    {%- endfor %}
),

words as (
    select 0 as position, 'customer_count' as metric_id, 'size' as dimension, '客户数' as name_zh, 'Customers' as name_en,
        'customers' as unit
    {%- for metric in metrics %}
    union all
    select {{ loop.index }} as position, '{{ metric.id }}' as metric_id, '{{ metric.dimension }}' as dimension,
        '{{ metric.zh }}' as name_zh, '{{ metric.en }}' as name_en,
        '{{ 'share' if metric.unit == 'flag' else metric.unit }}' as unit
    {%- endfor %}
),

shown as (
    select long.*, long.n >= {{ small_cell() }} and long.member_count >= {{ small_cell() }} as is_shown
    from long
)

select
    l.segment_set,
    l.segment_id,
    w.metric_id,
    w.dimension,
    cast(w.position as integer) as position,
    w.name_zh,
    w.name_en,
    w.unit,
    case when l.is_shown then l.n end as n,
    case when l.is_shown then l.value end as value,
    case when l.is_shown then l.low end as low,
    case when l.is_shown then l.high end as high,
    l.bank_n,
    l.bank_value,
    case when l.is_shown and l.bank_value > 0 and l.value >= 0 then 100 * l.value / l.bank_value end as index_value,
    case when l.is_shown and l.bank_value > 0 and l.value >= 0 then 100 * l.low / l.bank_value end as index_low,
    case when l.is_shown and l.bank_value > 0 and l.value >= 0 then 100 * l.high / l.bank_value end as index_high,
    not l.is_shown as is_hidden,
    l.as_of_date
from shown as l
inner join words as w on l.position = w.position
