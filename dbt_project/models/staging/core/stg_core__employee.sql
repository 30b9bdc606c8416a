select
    r.employee_id,
    r.role,
    r.branch_id,
    cast(seat_capacity_day as integer) as seat_capacity_count,
    r.hire_date as hired_date,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_employee') }} as r
