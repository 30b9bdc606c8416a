{{ known_incremental() }}
-- Of a bill, what was paid against what was billed says how it was paid; a bill of nothing counts as paid in full.
select
    customer_id,
    cast(served_at as date) as service_date,
    {{ signed_amount("service_kind = 'fee'", weight='row_sign') }} as fee_amount,
    {{ signed_amount("service_kind = 'fee' and service_type in ('wealth', 'fund', 'insurance')", weight='row_sign') }}
        as fee_product_amount,
    {{ signed_amount("service_kind = 'fee' and service_type = 'card'", weight='row_sign') }} as fee_card_amount,
    {{ signed_amount("service_kind = 'fee' and service_type in ('payment', 'settlement')", weight='row_sign') }}
        as fee_payment_amount,
    {{ signed_amount("service_kind = 'fee' and service_type = 'other'", weight='row_sign') }} as fee_other_amount,
    {{ signed_count("service_kind = 'bill'", 'row_sign') }} as bill_count,
    {{ signed_count("service_kind = 'bill' and paid_amount >= amount", 'row_sign') }} as bill_full_count,
    {{ signed_count("service_kind = 'bill' and paid_amount < amount and paid_amount <= minimum_amount", 'row_sign') }}
        as bill_minimum_count,
    {{ signed_amount("service_kind = 'bill'", weight='row_sign') }} as bill_amount,
    {{ signed_amount("service_kind = 'bill'", 'paid_amount', 'row_sign') }} as bill_paid_amount,
    cast(sum(instalment_plan_count * row_sign) as integer) as instalment_plan_count,
    {{ signed_count("service_kind = 'benefit' and service_type = 'granted'", 'row_sign') }} as benefit_granted_count,
    {{ signed_count("service_kind = 'benefit' and service_type = 'redeemed'", 'row_sign') }} as benefit_redeemed_count,
    {{ signed_amount("service_kind = 'benefit'", weight='row_sign') }} as benefit_cost_amount,
    known_at
from {{ ref('united__service') }}
group by customer_id, cast(served_at as date), known_at
