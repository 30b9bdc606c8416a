select
    r.object_type,
    r.object_id,
    cast(r.unit_cost_cny as decimal(18, 2)) as unit_cost_amount,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_cost') }} as r
