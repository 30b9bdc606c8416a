select
    r.referral_id,
    r.from_type,
    r.from_id,
    r.customer_id,
    r.to_employee as employee_id,
    r.started_ts as started_at,
    r.stage,
    r.stage_ts as staged_at,
    r.product_id,
    cast(r.amount_cny as decimal(18, 2)) as amount,
    r.sla_due as due_date,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_referral') }} as r
