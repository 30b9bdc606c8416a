select
    r.application_id,
    r.customer_id,
    r.product_type,
    r.product_id,
    r.channel_id,
    r.started_ts as started_at,
    r.stage,
    r.stage_ts as staged_at,
    cast(r.amount_cny as decimal(18, 2)) as amount,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_application') }} as r
