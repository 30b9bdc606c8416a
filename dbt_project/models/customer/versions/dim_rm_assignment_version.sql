{{ known_incremental() }}
-- Every change of who looks after a customer.
{{ changed_versions(
    door=ref('united__rm_assignment'),
    key=['customer_id', 'employee_id', 'valid_from_date'],
    content=[
        'valid_to_date', 'role'
    ]
) }}
