select
    r.bill_id,
    r.card_id,
    r.customer_id,
    r.ts as due_at,
    cast(r.statement_cny as decimal(18, 2)) as statement_amount,
    cast(coalesce(r.minimum_cny, 0) as decimal(18, 2)) as minimum_amount,
    cast(r.paid_cny as decimal(18, 2)) as paid_amount,
    cast(coalesce(r.instalment_plans, 0) as integer) as instalment_plan_count,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_card_bill') }} as r
