{# The rule of "lost" (TAG-L09), asked of any day: today, or the month-ends at which somebody was lost before (TAG-L10). #}

{# CTE `fallen` (as_of_date, on_date, customer_id): below a share of the peak on each of the last days to `on_date`, as known
   then; only the low are looked up in old balance changes.
   levels: relation (as_of_date, on_date, customer_id, aum_amount on on_date, peak_12m_amount of the 12 months to on_date). #}
{% macro fallen(levels) -%}
low as (
    select as_of_date, on_date, customer_id, aum_amount, peak_12m_amount from {{ levels }}
    where peak_12m_amount >= {{ tag_parameter('lost_min_peak') }}
        and aum_amount < {{ tag_parameter('lost_rest') }} * peak_12m_amount
),

low_days as (
    select l.as_of_date, l.on_date, l.customer_id, l.aum_amount, c.balance_date, sum(c.delta_amount) as delta_amount
    from low as l
    inner join {{ ref('fct_balance_change') }} as c
        on l.customer_id = c.customer_id and c.known_at <= l.on_date
            and {{ within_days('c.balance_date', tag_parameter('lost_days') - 1, 'l.on_date') }}
    where c.product_family in ({{ quoted(tag_parameter('family_weights').keys()) }})
    group by l.as_of_date, l.on_date, l.customer_id, l.aum_amount, c.balance_date
),

days_before as (
    select as_of_date, on_date, customer_id, aum_amount - sum(delta_amount) over (
        partition by as_of_date, on_date, customer_id order by balance_date desc nulls last) as amount_before
    from low_days
),

fallen as (
    select l.as_of_date, l.on_date, l.customer_id
    from low as l
    left join days_before as b on l.as_of_date = b.as_of_date and l.on_date = b.on_date and l.customer_id = b.customer_id
    group by l.as_of_date, l.on_date, l.customer_id, l.peak_12m_amount
    having coalesce(max(b.amount_before), 0) < {{ tag_parameter('lost_rest') }} * l.peak_12m_amount
)
{%- endmacro %}

{# Customers all of whose accounts are closed. accounts: relation (as_of_date, customer_id, status) of one or many dates. #}
{% macro closed_out(accounts) -%}
select as_of_date, customer_id from {{ accounts }} group by as_of_date, customer_id having bool_and(status = 'closed')
{%- endmacro %}
