{{ known_incremental() }}
-- Every change of a quota or a unit cost.
{{ changed_versions(
    door=ref('united__supply'),
    key=['supply_kind', 'object_type', 'object_id', 'branch_id'],
    content=[
        'quantity', 'unit'
    ]
) }}
