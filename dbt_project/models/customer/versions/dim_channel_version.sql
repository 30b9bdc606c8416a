{{ known_incremental() }}
-- Every change of a contact channel.
{{ changed_versions(
    door=ref('united__channel'),
    key=['channel_id'],
    content=[
        'channel_type', 'unit_cost_amount', 'daily_capacity_count', 'allowed_hours', 'is_consent_needed'
    ]
) }}
