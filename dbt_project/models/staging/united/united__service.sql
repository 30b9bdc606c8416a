-- Fees, card bills and benefits: what a customer's dealings earned and used, one row each.
select
    customer_id, earned_at as served_at, 'fee' as service_kind, fee_kind as service_type, amount,
    cast(0 as decimal(18, 2)) as paid_amount, cast(0 as decimal(18, 2)) as minimum_amount, 0 as instalment_plan_count,
    row_sign, known_at
from {{ ref('stg_core__fee_income') }}
union all
select
    customer_id, due_at, 'bill', 'card', statement_amount, paid_amount, minimum_amount, instalment_plan_count,
    row_sign, known_at
from {{ ref('stg_core__card_bill') }}
union all
select
    customer_id, used_at, 'benefit', benefit_action, cost_amount, 0, 0, 0,
    row_sign, known_at
from {{ ref('stg_core__benefit_use') }}
