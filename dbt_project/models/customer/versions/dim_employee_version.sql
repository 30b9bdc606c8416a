{{ known_incremental() }}
-- Every change of an employee.
{{ changed_versions(
    door=ref('united__employee'),
    key=['employee_id'],
    content=[
        'role', 'branch_id', 'seat_capacity_count', 'hired_date'
    ]
) }}
