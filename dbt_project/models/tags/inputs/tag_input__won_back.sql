{{ config(materialized='table') }}
-- Customers whose money is back after one of the last 11 month-ends (a year with the month in hand) at which they were dormant or lost (TAG-L10).
-- Computed from balances and activity, never from earlier snapshots: a date does not depend on which others were built.
with month_ends as (
    {%- for months_ago in range(1, 12) %}
    select as_of_date, last_day(cast(as_of_date - interval '{{ months_ago }}' month as date)) as month_end_date
    from {{ snapshot_dates() }} as s{{ months_ago }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

back as (
    select b.as_of_date, b.customer_id, b.history_start_date, c.opened_date
    from {{ ref('tag_input__balance') }} as b
    inner join {{ ref('customer_as_of') }} as c on b.as_of_date = c.as_of_date and b.customer_id = c.customer_id
    where b.month_average_amount >= {{ tag_parameter('dormant_max_aum') }}
        and b.month_average_amount >= {{ tag_parameter('win_back_rest') }} * b.peak_12m_amount
),

-- a month without a row is a month without money
months as (
    select
        b.as_of_date,
        b.customer_id,
        b.opened_date,
        b.history_start_date,
        e.month_end_date,
        coalesce(m.aum_average_amount, 0) as aum_average_amount,
        coalesce(m.aum_end_amount, 0) as aum_end_amount,
        max(coalesce(m.aum_average_amount, 0)) over (
            partition by b.as_of_date, b.customer_id order by e.month_end_date asc nulls first) as peak_so_far
    from back as b
    inner join month_ends as e on b.as_of_date = e.as_of_date and e.month_end_date >= b.history_start_date
    left join {{ ref('fct_balance_month') }} as m
        on b.customer_id = m.customer_id and e.month_end_date = m.month_end_date and m.known_at <= b.as_of_date
),

poor_months as (
    select as_of_date, customer_id, month_end_date from months
    where aum_average_amount < {{ tag_parameter('dormant_max_aum') }}
        and greatest(opened_date, history_start_date)
            <= cast(month_end_date - interval '{{ tag_parameter("dormant_days") }}' day as date)
),

watched as (
    select customer_id, min(as_of_date) as first_as_of_date, max(as_of_date) as last_as_of_date
    from poor_months
    group by customer_id
),

active_days as (
    {{ active_days('watched') }}
),

quiet_months as (
    select m.as_of_date, m.customer_id, m.month_end_date
    from poor_months as m
    left join active_days as a
        on m.customer_id = a.customer_id and a.known_at <= m.as_of_date
            and {{ within_days('a.active_date', tag_parameter('dormant_days'), 'm.month_end_date') }}
    group by m.as_of_date, m.customer_id, m.month_end_date
    having coalesce(sum(a.activity), 0) <= 0
),

past_stages as (
    select as_of_date, customer_id, true as was_lost, false as was_dormant from months
    where peak_so_far >= {{ tag_parameter('lost_min_peak') }}
        and aum_end_amount < {{ tag_parameter('lost_rest') }} * peak_so_far
    union all
    select as_of_date, customer_id, false as was_lost, true as was_dormant from quiet_months
)

select customer_id, bool_or(was_lost) as was_lost_12m, bool_or(was_dormant) as was_dormant_12m, as_of_date
from past_stages
group by as_of_date, customer_id
