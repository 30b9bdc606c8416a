select
    r.employee_id,
    r.role,
    r.branch_id,
    cast(seat_capacity_day as integer) as seat_capacity_count,
    r.hire_date as hired_date,
    r.dt as changed_date,
    r.is_known_assumed,
    coalesce(f.file_version, 1) as file_version,
    r.file_id,
    r.line_no,
    r.known_at
from {{ source('core', 'core_employee') }} as r
left join {{ ref('stg_core__file') }} as f on r.file_id = f.file_id
