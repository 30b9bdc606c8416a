select
    r.response_id,
    r.customer_id,
    r.strategy_id,
    r.ts as responded_at,
    r.response_type,
    cast(amount_cny as decimal(18, 2)) as amount,
    r.attributed_contact_id as contact_id,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_response') }} as r
