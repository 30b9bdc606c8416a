{{ config(materialized='table') }}
-- Customers whose money is back after one of the last 11 month-ends (a year with the month in hand) at which they were dormant or lost (TAG-L10).
-- Computed from balances and activity, never from earlier snapshots: a date does not depend on which others were built.
with month_ends as (
    {{ past_month_ends(11) | indent(4) }}
),

-- a month without a row is a month without money
poor_months as (
    select b.as_of_date, b.customer_id, e.month_end_date
    from {{ ref('tag_input__back') }} as b
    inner join month_ends as e on b.as_of_date = e.as_of_date
        and greatest(b.opened_date, b.history_start_date)
        <= cast(e.month_end_date - interval '{{ tag_parameter("dormant_days") }}' day as date)
    left join {{ ref('fct_balance_month') }} as m
        on b.customer_id = m.customer_id and e.month_end_date = m.month_end_date and m.known_at <= b.as_of_date
    where coalesce(m.aum_average_amount, 0) < {{ tag_parameter('dormant_max_aum') }}
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
        on m.customer_id = a.customer_id and a.known_at <= m.month_end_date
            and {{ within_days('a.active_date', tag_parameter('dormant_days'), 'm.month_end_date') }}
    group by m.as_of_date, m.customer_id, m.month_end_date
    having coalesce(sum(a.activity), 0) <= 0
),

past_stages as (
    select as_of_date, customer_id, true as was_lost, false as was_dormant from {{ ref('tag_input__lost_before') }}
    union all
    select as_of_date, customer_id, false as was_lost, true as was_dormant from quiet_months
)

select customer_id, bool_or(was_lost) as was_lost_12m, bool_or(was_dormant) as was_dormant_12m, as_of_date
from past_stages
group by as_of_date, customer_id
