select
    r.village_id,
    r.branch_id,
    cast(r.household_count as integer) as household_count,
    cast(r.listed_count as integer) as listed_count,
    cast(r.visited_count as integer) as visited_count,
    cast(r.granted_count as integer) as granted_count,
    cast(r.drawn_count as integer) as drawn_count,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_village') }} as r
