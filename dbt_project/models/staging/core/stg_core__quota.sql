select
    r.object_type,
    r.object_id,
    r.branch_id,
    cast(r.remaining as decimal(18, 2)) as remaining_quantity,
    coalesce(r.unit, 'piece') as unit,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_quota') }} as r
