{{ known_incremental() }}
-- Every change of a link to an employee or a group in the private domain.
{{ changed_versions(
    door=ref('united__private_domain'),
    key=['customer_id', 'link_type', 'link_id', 'valid_from_date'],
    content=[
        'added_via', 'removed_date', 'last_message_at'
    ]
) }}
