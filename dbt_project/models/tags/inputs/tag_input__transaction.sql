{{ config(materialized='table') }}
{%- set sums = transaction_sums() %}
{%- set kept = kept_sums(sums, 'fct_transaction_measure') %}
-- Every transaction window of the tags per snapshot date. Sums are exact: a night takes those of the night before from this table
-- and moves the windows on; a run without a night before it here (the first, or one run again) sums a year anew.
with dates as (
    select as_of_date, as_of_date as seen_date, 1 as sign from {{ snapshot_dates() }} as s
    {%- if kept.first %}
    union all
    select as_of_date, date '{{ kept.first }}' as seen_date, -1 as sign from {{ snapshot_dates() }} as s
    {%- endif %}
),

measures as (
    select *
    from {{ ref('fct_transaction_measure') }}
    where txn_date > cast((select min(seen_date) from dates) - interval '365' day as date)
    {%- if kept.first %} and {{ moves_a_window(sums, kept) }}{% endif %}
),

moved as (
    select
        d.as_of_date,
        m.customer_id,
        max(m.txn_date) filter (where {{ 'd.sign > 0 and ' if kept.first }}m.initiated_count > 0) as last_initiated_date,
        {%- for name, column, first, last in sums %}
        sum({{ column if column == '1' else 'm.' ~ column }}{{ ' * d.sign' if kept.first }})
            {%- if (first, last) != (0, 365) %} filter (where {{ days_between('m.txn_date', 'd.seen_date') }} >= {{ first }}
            and {{ days_between('m.txn_date', 'd.seen_date') }} < {{ last }}){% endif %} as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from measures as m
    inner join dates as d on {{ within_days('m.txn_date', 365, 'd.seen_date') }} and m.known_at <= d.seen_date
    group by d.as_of_date, m.customer_id
),

{% if kept.first -%}
before as (
    select
        d.as_of_date,
        k.customer_id,
        {%- for name, column, first, last in sums %}
        k.{{ name }},
        {%- endfor %}
        case when {{ within_days('k.last_initiated_date', 365, 'd.as_of_date') }} then k.last_initiated_date end as last_initiated_date
    from {{ this }} as k
    inner join dates as d on d.sign > 0
    where k.as_of_date = date '{{ kept.first }}'
),

sums as (
    select
        coalesce(m.as_of_date, b.as_of_date) as as_of_date,
        coalesce(m.customer_id, b.customer_id) as customer_id,
        {%- for name, column, first, last in sums %}
        coalesce(b.{{ name }}, 0) + coalesce(m.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        greatest(coalesce(m.last_initiated_date, b.last_initiated_date), coalesce(b.last_initiated_date, m.last_initiated_date))
            as last_initiated_date
    from before as b
    full join moved as m on b.as_of_date = m.as_of_date and b.customer_id = m.customer_id
    where coalesce(b.row_count, 0) + coalesce(m.row_count, 0) > 0
),
{%- else -%}
sums as (select * from moved),
{%- endif %}

-- What is asked of days. Corrections are signed rows of the same day, so "a day with" and "the last day with" need a day's rows put
-- together; only the few days that such a question is asked of are.
days as (
    select
        s.as_of_date,
        m.customer_id,
        m.txn_date,
        min({{ days_between('m.txn_date', 's.as_of_date') }}) as age,
        sum(m.external_credit_amount - m.external_debit_amount) as net_amount,
        sum(m.education_count) as education_count,
        sum(m.receipt_count) as receipt_count
    from {{ ref('fct_transaction_measure') }} as m
    inner join {{ snapshot_dates() }} as s on {{ within_days('m.txn_date', 180) }} and m.known_at <= s.as_of_date
    where m.receipt_count <> 0 or m.education_count <> 0 or {{ within_days('m.txn_date', tag_parameter('large_flow_days')) }}
    group by s.as_of_date, m.customer_id, m.txn_date
),

day_facts as (
    select
        as_of_date,
        customer_id,
        {%- for block in range(1, 4) %}
        count(*) filter (where receipt_count > 0 and {{ in_block('age', block) }}) as receipt_day_count_block{{ block }},
        {%- endfor %}
        max(net_amount) filter (where age < {{ tag_parameter('large_flow_days') }}) as highest_daily_net_3d,
        min(net_amount) filter (where age < {{ tag_parameter('large_flow_days') }}) as lowest_daily_net_3d,
        count(distinct date_trunc('month', txn_date)) filter (where education_count > 0) as education_month_count_180d
    from days
    group by as_of_date, customer_id
),

retracted as (
    select distinct s.as_of_date, m.customer_id
    from {{ ref('fct_transaction_measure') }} as m
    inner join {{ snapshot_dates() }} as s on {{ within_days('m.txn_date', 365) }} and m.known_at <= s.as_of_date
    where m.txn_count < 0 and m.initiated_count < 0
),

-- Only a customer from whom something was taken back can have a last day that is none.
left_days as (
    select t.as_of_date, t.customer_id, m.txn_date, sum(m.initiated_count) as initiated_count
    from retracted as t
    inner join {{ ref('fct_transaction_measure') }} as m
        on t.customer_id = m.customer_id and {{ within_days('m.txn_date', 365, 't.as_of_date') }} and m.known_at <= t.as_of_date
    group by t.as_of_date, t.customer_id, m.txn_date
),

last_days as (
    select as_of_date, customer_id, max(txn_date) filter (where initiated_count > 0) as last_initiated_date
    from left_days
    group by as_of_date, customer_id
)

select
    t.customer_id,
    case when l.customer_id is null then t.last_initiated_date else l.last_initiated_date end as last_initiated_date,
    {%- for name, column, first, last in sums %}
    cast(coalesce(t.{{ name }}, 0) as {{ 'integer' if 'count' in name else 'decimal(18, 2)' }}) as {{ name }},
    {%- endfor %}
    {%- for block in range(1, 4) %}
    cast(coalesce(f.receipt_day_count_block{{ block }}, 0) as integer) as receipt_day_count_block{{ block }},
    {%- endfor %}
    cast(f.highest_daily_net_3d as decimal(18, 2)) as highest_daily_net_3d,
    cast(f.lowest_daily_net_3d as decimal(18, 2)) as lowest_daily_net_3d,
    cast(coalesce(f.education_month_count_180d, 0) as integer) as education_month_count_180d,
    '{{ kept.definition }}' as definition,
    t.as_of_date
from sums as t
left join day_facts as f on t.as_of_date = f.as_of_date and t.customer_id = f.customer_id
left join last_days as l on t.as_of_date = l.as_of_date and t.customer_id = l.customer_id
