{{ known_incremental() }}
-- Every change of a consent.
{{ changed_versions(
    door=ref('united__consent'),
    key=['customer_id', 'purpose', 'channel'],
    content=[
        'status', 'valid_from_date', 'valid_to_date', 'is_personalised_optout', 'consent_source'
    ]
) }}
