select
    r.visit_id,
    r.customer_id,
    r.branch_id,
    r.ts as visited_at,
    cast(r.queue_min as integer) as queue_minute_count,
    cast(r.serve_min as integer) as serve_minute_count,
    r.purpose,
    r.served_by as employee_id,
    r.outcome,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_visit') }} as r
