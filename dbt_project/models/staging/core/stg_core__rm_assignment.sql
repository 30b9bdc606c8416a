select
    r.customer_id,
    r.employee_id,
    r.valid_from as valid_from_date,
    r.valid_to as valid_to_date,
    r.role,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_rm_assignment') }} as r
