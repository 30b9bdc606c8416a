select
    r.complaint_id,
    r.customer_id,
    r.ts as complained_at,
    r.topic,
    cast(severity as integer) as severity,
    r.linked_contact_id,
    r.closed_ts as closed_at,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_complaint') }} as r
