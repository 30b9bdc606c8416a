select
    r.feedback_id,
    r.employee_id,
    r.ts as given_at,
    r.object_type,
    r.object_id,
    r.object_version,
    r.verdict,
    r.customer_id,
    r.text as feedback_text,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_feedback') }} as r
