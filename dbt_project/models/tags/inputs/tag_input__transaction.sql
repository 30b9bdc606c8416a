{{ config(materialized='table') }}
-- One scan of a year of customer-days per snapshot date; every transaction window of the tags is a conditional sum here.
{%- set seen -%}
    from {{ ref('fct_transaction_day') }} as d
    inner join {{ snapshot_dates() }} as s
        on {{ within_days('d.txn_date', 365) }} and d.known_at <= s.as_of_date
{%- endset %}
{%- set age = days_between('d.txn_date', 's.as_of_date') %}
-- Customer-days times snapshot dates are many: each use below streams them itself instead of keeping them all.
with retracted as (
    select distinct s.as_of_date, d.customer_id
    {{ seen }}
    where d.initiated_count < 0
),

-- Corrections are signed rows of the same day. Sums need no netting; "a day with" and "the last day with" do, so only the
-- few days that such a question is asked of are put together.
days as (
    select
        s.as_of_date,
        d.customer_id,
        d.txn_date,
        min({{ age }}) as age,
        bool_or(t.customer_id is not null) as is_retracted,
        sum(d.initiated_count) as initiated_count,
        sum(d.external_credit_amount - d.external_debit_amount) as net_amount,
        sum(d.education_count) as education_count,
        sum(d.receipt_count) as receipt_count
    {{ seen }}
    left join retracted as t on s.as_of_date = t.as_of_date and d.customer_id = t.customer_id
    where {{ age }} < {{ tag_parameter('large_flow_days') }} or d.receipt_count <> 0 or d.education_count <> 0
        or t.customer_id is not null
    group by s.as_of_date, d.customer_id, d.txn_date
),

day_facts as (
    select
        as_of_date,
        customer_id,
        bool_or(is_retracted) as is_retracted,
        max(txn_date) filter (where is_retracted and initiated_count > 0) as last_initiated_date,
        {%- for block in range(1, 4) %}
        count(*) filter (where receipt_count > 0 and {{ in_block('age', block) }}) as receipt_day_count_block{{ block }},
        {%- endfor %}
        max(net_amount) filter (where age < {{ tag_parameter('large_flow_days') }}) as highest_daily_net_3d,
        min(net_amount) filter (where age < {{ tag_parameter('large_flow_days') }}) as lowest_daily_net_3d,
        count(distinct date_trunc('month', txn_date)) filter (where education_count > 0 and age < 180) as education_month_count_180d
    from days
    group by as_of_date, customer_id
),

sums as (
    select
        s.as_of_date,
        d.customer_id,
        max(d.txn_date) filter (where d.initiated_count > 0) as last_initiated_date,
        {%- for name, column, first, last in transaction_sums() %}
        sum(d.{{ column }})
            {%- if (first, last) != (0, 365) %} filter (where {{ age }} >= {{ first }} and {{ age }} < {{ last }}){% endif %} as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {{ seen }}
    group by s.as_of_date, d.customer_id
)

select
    s.customer_id,
    case when f.is_retracted then f.last_initiated_date else s.last_initiated_date end as last_initiated_date,
    {%- for name, column, first, last in transaction_sums() %}
    cast(s.{{ name }} as {{ 'integer' if 'count' in name else 'decimal(18, 2)' }}) as {{ name }},
    {%- endfor %}
    {%- for block in range(1, 4) %}
    cast(coalesce(f.receipt_day_count_block{{ block }}, 0) as integer) as receipt_day_count_block{{ block }},
    {%- endfor %}
    cast(f.highest_daily_net_3d as decimal(18, 2)) as highest_daily_net_3d,
    cast(f.lowest_daily_net_3d as decimal(18, 2)) as lowest_daily_net_3d,
    cast(coalesce(f.education_month_count_180d, 0) as integer) as education_month_count_180d,
    s.as_of_date
from sums as s
left join day_facts as f on s.as_of_date = f.as_of_date and s.customer_id = f.customer_id
