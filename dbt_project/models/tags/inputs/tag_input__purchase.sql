{{ config(materialized='table') }}
-- Product purchases per snapshot date; a renewal is a contract like any other.
with purchases as (
    select p.contract_no, p.customer_id, p.product_family, p.purchase_date, p.amount, s.as_of_date,
        {{ days_between('p.purchase_date', 's.as_of_date') }} as age
    from {{ ref('fct_purchase') }} as p
    inner join {{ snapshot_dates() }} as s on p.purchase_date <= s.as_of_date and p.known_at <= s.as_of_date
    group by p.contract_no, p.customer_id, p.product_family, p.purchase_date, p.amount, s.as_of_date
    having sum(p.row_sign) > 0
)

select
    customer_id,
    min(purchase_date) filter (where product_family in ('wealth', 'fund')) as first_wealth_purchase_date,
    max(purchase_date) filter (where product_family in ('wealth', 'fund', 'insurance')) as last_purchase_date,
    max(purchase_date) filter (where product_family in ('time', 'wealth', 'fund', 'insurance', 'gold', 'trust', 'pension'))
        as last_any_purchase_date,
    min(purchase_date) filter (where product_family = 'time') as first_time_purchase_date,
    cast(count(*) filter (where product_family = 'time'
        and purchase_date > cast(as_of_date - interval '24' month as date)) as integer) as time_purchase_count_24m,
    {%- for block in range(1, 5) %}
    cast(count(*) filter (where product_family = 'fund' and {{ in_block('age', block) }}) as integer)
        as fund_purchase_count_block{{ block }},
    {%- endfor %}
    {%- for family in ['wealth', 'fund', 'insurance'] %}
    cast(count(*) filter (where product_family = '{{ family }}' and age < 7) as integer)
        as {{ family }}_purchase_count_7d,
    {%- endfor %}
    cast(count(*) filter (where product_family in ('wealth', 'fund', 'insurance')
        and age < 365) as integer) as purchase_count_365d,
    cast(coalesce(sum(amount) filter (where product_family = 'pension'
        and purchase_date >= cast(date_trunc('year', as_of_date) as date)), 0) as decimal(18, 2)) as pension_amount_ytd,
    as_of_date
from purchases
group by as_of_date, customer_id
