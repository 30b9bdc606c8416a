{{ known_incremental() }}
-- Every change of a branch.
{{ changed_versions(
    door=ref('united__branch'),
    key=['branch_id'],
    content=[
        'parent_branch_id', 'branch_level', 'city_code', 'city_tier', 'is_county', 'branch_type', 'opened_date'
    ]
) }}
