-- Employees as the run leaves them.
select
    employee_id, role, branch_id, seat_capacity_count, hired_date
from (
    {{ versions_at(ref('dim_employee_version'), ['employee_id'], [
        'role', 'branch_id', 'seat_capacity_count', 'hired_date'
    ], '(' ~ last_date() ~ ')') }}
) as c
