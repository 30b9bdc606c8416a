{{ known_incremental() }}
-- Every change of an application, a referral or a prospect.
{{ changed_versions(
    door=ref('united__case'),
    key=['case_kind', 'case_id'],
    content=[
        'customer_id', 'source_type', 'source_id', 'employee_id', 'channel_id', 'product_type', 'product_id',
        'started_date', 'stage', 'staged_at', 'amount', 'due_date', 'is_consented'
    ]
) }}
