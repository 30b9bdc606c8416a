-- Berka: a district stands for its branch.
select
    branch_id, parent_branch_id, branch_level, city_code, city_tier, is_county, branch_type, opened_date,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__branch') }}
union all
select
    district_id, null, null, district_id, null, null, 'district', null,
    known_at, is_known_assumed, known_at
from {{ ref('stg_berka__district') }}
