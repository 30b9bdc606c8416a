select
    r.fee_id,
    r.customer_id,
    r.product_id,
    r.ts as earned_at,
    cast(r.amount_cny as decimal(18, 2)) as amount,
    r.kind as fee_kind,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_fee_income') }} as r
