{{ known_incremental() }}
-- Every change of a tie between two customers.
{{ changed_versions(
    door=ref('united__customer_relation'),
    key=['from_customer_id', 'to_customer_id', 'relation_type', 'valid_from_date'],
    content=[
        'valid_to_date', 'relation_source', 'confidence'
    ]
) }}
