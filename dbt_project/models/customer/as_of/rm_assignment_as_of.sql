{{ snapshot_incremental() }}
-- One manager per customer: a relationship manager before other roles, then the newest assignment.
select customer_id, employee_id, role, as_of_date
from (
    {{ versions_at(ref('dim_rm_assignment_version'), ['customer_id', 'employee_id', 'valid_from_date'], [
        'valid_to_date', 'role'
    ], snapshot_dates()) }}
) as v
where valid_from_date <= as_of_date and (valid_to_date is null or valid_to_date >= as_of_date)
qualify row_number() over (
    partition by customer_id, as_of_date
    order by case when role = 'rm' then 0 else 1 end, valid_from_date desc nulls last, employee_id nulls last
) = 1
