{{ config(materialized='table') }}
-- Product purchases per snapshot date; a renewal is a contract like any other.
select
    p.customer_id,
    min(p.purchase_date) filter (where p.product_family in ('wealth', 'fund')) as first_wealth_purchase_date,
    max(p.purchase_date) filter (where p.product_family in ('wealth', 'fund', 'insurance')) as last_purchase_date,
    max(p.purchase_date) filter (where p.product_family in ('time', 'wealth', 'fund', 'insurance', 'gold', 'trust', 'pension'))
        as last_any_purchase_date,
    min(p.purchase_date) filter (where p.product_family = 'time') as first_time_purchase_date,
    cast(count(*) filter (where p.product_family = 'time'
        and p.purchase_date > cast(s.as_of_date - interval '24' month as date)) as integer) as time_purchase_count_24m,
    {%- for block in range(1, 5) %}
    cast(count(*) filter (where p.product_family = 'fund' and {{ in_block('p.purchase_date', block, 's.as_of_date') }}) as integer)
        as fund_purchase_count_block{{ block }},
    {%- endfor %}
    {%- for family in ['wealth', 'fund', 'insurance'] %}
    cast(count(*) filter (where p.product_family = '{{ family }}' and {{ within_days('p.purchase_date', 7) }}) as integer)
        as {{ family }}_purchase_count_7d,
    {%- endfor %}
    cast(count(*) filter (where p.product_family in ('wealth', 'fund', 'insurance')
        and {{ within_days('p.purchase_date', 365) }}) as integer) as purchase_count_365d,
    cast(coalesce(sum(p.amount) filter (where p.product_family = 'pension'
        and p.purchase_date >= cast(date_trunc('year', s.as_of_date) as date)), 0) as decimal(18, 2)) as pension_amount_ytd,
    s.as_of_date
from {{ ref('fct_purchase') }} as p
inner join {{ source('control', 'snapshot_date') }} as s
    on p.purchase_date <= s.as_of_date and p.known_at <= s.as_of_date
group by s.as_of_date, p.customer_id
