{{ known_incremental() }}
-- Every change of a village.
{{ changed_versions(
    door=ref('united__village'),
    key=['village_id'],
    content=[
        'branch_id', 'household_count', 'listed_count', 'visited_count', 'granted_count', 'drawn_count'
    ]
) }}
