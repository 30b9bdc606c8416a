select
    r.card_id,
    r.customer_id,
    r.product_id,
    r.issue_date as issued_date,
    r.activate_date as activated_date,
    r.first_txn_date,
    cast(credit_limit_cny as decimal(18, 2)) as credit_limit_amount,
    cast(used_limit_cny as decimal(18, 2)) as used_limit_amount,
    cast(statement_day as integer) as statement_day,
    coalesce(status, 'open') as status,
    cast(coalesce(quickpay_bindings, 0) as integer) as quickpay_binding_count,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_card') }} as r
