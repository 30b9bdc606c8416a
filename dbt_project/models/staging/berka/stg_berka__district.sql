select
    cast(a1 as varchar) as district_id,
    a2 as district_name,
    a3 as region_name,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_district') }}
