select
    r.event_id,
    r.customer_id,
    r.session_id,
    r.event_name,
    r.page_id,
    r.ts as event_at,
    coalesce(is_test, false) as is_test,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_app_event') }} as r
