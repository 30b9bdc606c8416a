{{ config(materialized='table') }}
-- App behaviour per snapshot date: login days, recency and browsing.
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

days as (
    select
        s.as_of_date,
        d.customer_id,
        d.event_date,
        {{ days_between('d.event_date', 's.as_of_date') }} as age,
        sum(d.session_count) as session_count,
        sum(d.login_count) as login_count,
        sum(d.browse_wealth_count) as browse_wealth_count,
        sum(d.browse_fund_count) as browse_fund_count,
        sum(d.browse_insurance_count) as browse_insurance_count,
        sum(d.calculator_count) as calculator_count
    from {{ ref('fct_app_day') }} as d
    inner join snapshots as s
        on {{ within_days('d.event_date', 180) }} and d.known_at <= s.as_of_date
    where d.customer_id is not null
    group by s.as_of_date, d.customer_id, d.event_date
)

select
    customer_id,
    max(event_date) filter (where login_count > 0) as last_login_date,
    cast(count(*) filter (where login_count > 0 and age < 30) as integer) as login_days_30d,
    cast(count(*) filter (where login_count > 0 and age < 90) as integer) as login_days_90d,
    cast(sum(session_count) filter (where age < 30) as integer) as session_count_30d,
    {%- for family in ['wealth', 'fund', 'insurance'] %}
    cast(sum(browse_{{ family }}_count) filter (where age < 7) as integer)
        as browse_{{ family }}_count_7d,
    cast(sum(browse_{{ family }}_count) filter (where age < 30) as integer)
        as browse_{{ family }}_count_30d,
    {%- endfor %}
    cast(sum(calculator_count) filter (where age < 7) as integer) as calculator_count_7d,
    as_of_date
from days
group by as_of_date, customer_id
