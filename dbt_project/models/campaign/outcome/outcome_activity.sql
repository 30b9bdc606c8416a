{{ config(materialized='view') }}
-- What list members' balances, transactions and cards did within their window: one row per member.
with aum as (
    select w.strategy_id, w.customer_id, cast(sum(b.delta_amount) as decimal(18, 2)) as aum_change_amount
    from {{ ref('outcome_window') }} as w
    inner join {{ ref('fct_balance_change') }} as b
        on w.customer_id = b.customer_id and b.balance_date > w.listed_date and b.balance_date <= w.matured_date
            and b.known_at <= w.known_date
    inner join {{ ref('product_family') }} as f on b.product_family = f.product_family and f.is_aum
    group by w.strategy_id, w.customer_id
),

transaction_day as (
    select w.strategy_id, w.customer_id, sum(t.initiated_count) as initiated_count,
        cast(sum(t.external_credit_amount - t.external_debit_amount) as decimal(18, 2)) as net_new_money_amount
    from {{ ref('outcome_window') }} as w
    inner join {{ ref('fct_transaction_measure') }} as t
        on w.customer_id = t.customer_id and t.txn_date > w.listed_date and t.txn_date <= w.matured_date
            and t.known_at <= w.known_date
    group by w.strategy_id, w.customer_id
),

swipe as (
    select distinct w.strategy_id, w.customer_id
    from {{ ref('outcome_window') }} as w
    inner join {{ ref('dim_card_version') }} as c
        on w.customer_id = c.customer_id and c.first_txn_date > w.listed_date and c.first_txn_date <= w.matured_date
            and c.known_at <= w.known_date
)

select
    w.strategy_id,
    w.customer_id,
    cast(coalesce(a.aum_change_amount, 0) as decimal(18, 2)) as aum_change_amount,
    cast(coalesce(t.net_new_money_amount, 0) as decimal(18, 2)) as net_new_money_amount,
    coalesce(t.initiated_count, 0) > 0 as is_active,
    s.customer_id is not null as has_first_swipe
from {{ ref('outcome_window') }} as w
left join aum as a on w.strategy_id = a.strategy_id and w.customer_id = a.customer_id
left join transaction_day as t on w.strategy_id = t.strategy_id and w.customer_id = t.customer_id
left join swipe as s on w.strategy_id = s.strategy_id and w.customer_id = s.customer_id
