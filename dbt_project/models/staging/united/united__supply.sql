-- What campaigns use up and what it costs: quotas by object and branch, unit costs by object (branch `all`).
select
    'quota' as supply_kind, object_type, object_id, branch_id, remaining_quantity as quantity, unit,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__quota') }}
union all
select
    'unit_cost', object_type, object_id, 'all', unit_cost_amount, 'CNY',
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__cost') }}
