{{ config(materialized='table') }}
-- Customers below a tenth of their peak on each of the last 60 days (TAG-L09); only the fallen read old balance changes.
with fallen as (
    select as_of_date, customer_id, aum_amount, peak_12m_amount from {{ ref('tag_input__balance') }}
    where peak_12m_amount >= {{ tag_parameter('lost_min_peak') }}
        and aum_amount < {{ tag_parameter('lost_rest') }} * peak_12m_amount
),

days as (
    select f.as_of_date, f.customer_id, f.aum_amount, c.balance_date, sum(c.delta_amount) as delta_amount
    from fallen as f
    inner join {{ ref('fct_balance_change') }} as c
        on f.customer_id = c.customer_id and c.known_at <= f.as_of_date
            and {{ within_days('c.balance_date', tag_parameter('lost_days') - 1, 'f.as_of_date') }}
    where c.product_family in ({{ quoted(tag_parameter('family_weights').keys()) }})
    group by f.as_of_date, f.customer_id, f.aum_amount, c.balance_date
),

levels as (
    select as_of_date, customer_id, aum_amount - sum(delta_amount) over (
        partition by as_of_date, customer_id order by balance_date desc nulls last) as amount_before
    from days
)

select f.customer_id, f.as_of_date
from fallen as f
left join levels as l on f.as_of_date = l.as_of_date and f.customer_id = l.customer_id
group by f.as_of_date, f.customer_id, f.peak_12m_amount
having coalesce(max(l.amount_before), 0) < {{ tag_parameter('lost_rest') }} * f.peak_12m_amount
