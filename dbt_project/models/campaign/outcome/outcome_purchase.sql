{{ config(materialized='view') }}
-- New contracts of list members within their window: one row per member and family, corrections netted.
with contract as (
    select
        w.strategy_id, w.customer_id, p.contract_no, p.product_family,
        sum(p.row_sign) as row_count, sum(p.amount * p.row_sign) as amount
    from {{ ref('outcome_window') }} as w
    inner join {{ ref('fct_purchase') }} as p
        on w.customer_id = p.customer_id and p.purchase_date > w.listed_date and p.purchase_date <= w.matured_date
            and p.known_at <= w.known_date
    group by w.strategy_id, w.customer_id, p.contract_no, p.product_family
    having sum(p.row_sign) > 0
)

select strategy_id, customer_id, product_family, cast(sum(amount) as decimal(18, 2)) as amount
from contract
group by strategy_id, customer_id, product_family
