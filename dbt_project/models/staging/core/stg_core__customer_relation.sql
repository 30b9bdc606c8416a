select
    r.from_id as from_customer_id,
    r.to_id as to_customer_id,
    r.rel_type as relation_type,
    r.valid_from as valid_from_date,
    r.valid_to as valid_to_date,
    r.source as relation_source,
    cast(coalesce(r.confidence, 1) as double) as confidence,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_customer_relation') }} as r
