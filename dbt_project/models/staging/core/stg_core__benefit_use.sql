select
    r.use_id,
    r.customer_id,
    r.benefit_id,
    r.ts as used_at,
    r.action as benefit_action,
    cast(coalesce(r.cost_cny, 0) as decimal(18, 2)) as cost_amount,
    r.strategy_id,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_benefit_use') }} as r
