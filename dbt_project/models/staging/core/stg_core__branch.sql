select
    r.branch_id,
    r.parent_id as parent_branch_id,
    cast(level as integer) as branch_level,
    r.city_code,
    cast(city_tier as integer) as city_tier,
    r.county_flag as is_county,
    r.branch_type,
    r.open_date as opened_date,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_branch') }} as r
