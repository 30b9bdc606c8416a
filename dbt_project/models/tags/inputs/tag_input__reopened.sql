{{ config(materialized='table') }}
-- Customers of long standing who opened an account in the last 90 days after 12 months without activity or money (TAG-L02).
with opening as (
    select c.as_of_date, c.customer_id, min(a.opened_date) as reopened_date
    from {{ ref('customer_as_of') }} as c
    inner join {{ ref('tag_input__balance') }} as b on c.as_of_date = b.as_of_date and c.customer_id = b.customer_id
    inner join {{ ref('account_as_of') }} as a on c.as_of_date = a.as_of_date and c.customer_id = a.customer_id
    where c.as_of_date in {{ snapshot_dates() }}
        and a.opened_date >= cast(c.as_of_date - interval '{{ tag_parameter("honeymoon_days") }}' day as date)
        and c.opened_date < cast(a.opened_date - interval '{{ tag_parameter("reopen_months") }}' month as date)
        and b.history_start_date <= cast(a.opened_date - interval '{{ tag_parameter("reopen_months") }}' month as date)
    group by c.as_of_date, c.customer_id
),

watched as (
    select customer_id, min(as_of_date) as first_as_of_date, max(as_of_date) as last_as_of_date
    from opening
    group by customer_id
),

active_days as (
    {{ active_days('watched') }}
),

quiet as (
    select o.as_of_date, o.customer_id, o.reopened_date
    from opening as o
    left join active_days as a
        on o.customer_id = a.customer_id and a.known_at <= o.as_of_date and a.active_date < o.reopened_date
            and a.active_date >= cast(o.reopened_date - interval '{{ tag_parameter("reopen_months") }}' month as date)
    group by o.as_of_date, o.customer_id, o.reopened_date
    having coalesce(sum(a.activity), 0) <= 0
)

select q.customer_id, q.reopened_date, q.as_of_date
from quiet as q
left join {{ ref('fct_balance_month') }} as m
    on q.customer_id = m.customer_id and m.known_at <= q.as_of_date and m.month_end_date < q.reopened_date
        and m.month_end_date >= cast(q.reopened_date - interval '{{ tag_parameter("reopen_months") }}' month as date)
group by q.as_of_date, q.customer_id, q.reopened_date
having coalesce(max(m.aum_average_amount), 0) < {{ tag_parameter('dormant_max_aum') }}
