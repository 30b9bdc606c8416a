{{ known_incremental() }}
-- Every change of a complaint.
{{ changed_versions(
    door=ref('united__complaint'),
    key=['complaint_id'],
    content=[
        'customer_id', 'complained_at', 'topic', 'severity', 'linked_contact_id', 'closed_at'
    ]
) }}
