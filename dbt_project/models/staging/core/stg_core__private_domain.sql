select
    r.customer_id,
    r.link_type,
    r.link_id,
    r.valid_from as valid_from_date,
    r.added_via,
    r.removed_date,
    r.last_msg_ts as last_message_at,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_private_domain') }} as r
