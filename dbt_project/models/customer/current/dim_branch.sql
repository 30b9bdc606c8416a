-- Branches as the run leaves them.
select
    branch_id, parent_branch_id, branch_level, city_code, city_tier, is_county, branch_type, opened_date
from (
    {{ versions_at(ref('dim_branch_version'), ['branch_id'], [
        'parent_branch_id', 'branch_level', 'city_code', 'city_tier', 'is_county', 'branch_type', 'opened_date'
    ], '(' ~ last_date() ~ ')') }}
) as c
