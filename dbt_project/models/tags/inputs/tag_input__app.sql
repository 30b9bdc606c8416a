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
),

day_facts as (
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
),

-- steps of the last week that were not taken back
steps as (
    select s.as_of_date, t.customer_id, t.event_name, t.event_at, {{ days_between('t.event_date', 's.as_of_date') }} as age
    from {{ ref('fct_app_step') }} as t
    inner join snapshots as s on {{ within_days('t.event_date', tag_parameter('risk_break_days')) }} and t.known_at <= s.as_of_date
    group by s.as_of_date, t.customer_id, t.event_id, t.event_name, t.event_at, t.event_date
    having sum(t.row_sign) > 0
),

-- the last step of each kind whose answer is due: a day has passed since it by the end of the snapshot date
due as (
    select
        as_of_date,
        customer_id,
        max(event_at) filter (where event_name = 'order_confirm' and age < {{ tag_parameter('break_days') }}
            and event_at <= cast(as_of_date as timestamp)) as confirmed_at,
        max(event_at) filter (where event_name = 'login_failed' and age < {{ tag_parameter('break_days') }}
            and event_at <= cast(as_of_date as timestamp)) as failed_at,
        count(*) filter (where event_name = 'login_failed' and age < {{ tag_parameter('break_days') }}
            and event_at <= cast(as_of_date as timestamp)) as failure_count,
        max(event_at) filter (where event_name = 'risk_test_start') as started_at
    from steps
    group by as_of_date, customer_id
    having count(*) filter (where event_name in ('order_confirm', 'login_failed', 'risk_test_start')) > 0
),

broken as (
    select
        d.as_of_date,
        d.customer_id,
        d.confirmed_at is not null and count(*) filter (where a.event_name = 'order_placed' and a.event_at >= d.confirmed_at
            and a.event_at <= d.confirmed_at + interval '24' hour) = 0 as is_purchase_break,
        d.failure_count >= {{ tag_parameter('login_failures') }} and count(*) filter (where a.event_name = 'login'
            and a.event_at >= d.failed_at and a.event_at <= d.failed_at + interval '24' hour) = 0 as is_login_failure,
        d.started_at is not null and count(*) filter (where a.event_name = 'risk_test_finish' and a.event_at >= d.started_at) = 0
            as is_risk_test_break
    from due as d
    left join steps as a
        on d.as_of_date = a.as_of_date and d.customer_id = a.customer_id
            and a.event_name in ('order_placed', 'login', 'risk_test_finish')
    group by d.as_of_date, d.customer_id, d.confirmed_at, d.failed_at, d.failure_count, d.started_at
)

select
    coalesce(f.customer_id, b.customer_id) as customer_id,
    f.last_login_date,
    f.login_days_30d,
    f.login_days_90d,
    f.session_count_30d,
    {%- for family in ['wealth', 'fund', 'insurance'] %}
    f.browse_{{ family }}_count_7d,
    f.browse_{{ family }}_count_30d,
    {%- endfor %}
    f.calculator_count_7d,
    coalesce(b.is_purchase_break, false) as is_purchase_break,
    coalesce(b.is_login_failure, false) as is_login_failure,
    coalesce(b.is_risk_test_break, false) as is_risk_test_break,
    coalesce(f.as_of_date, b.as_of_date) as as_of_date
from day_facts as f
full outer join broken as b on f.as_of_date = b.as_of_date and f.customer_id = b.customer_id
