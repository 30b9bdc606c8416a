select
    r.prospect_id,
    r.source as prospect_source,
    r.channel_id,
    r.first_seen as first_seen_date,
    r.stage,
    r.stage_ts as staged_at,
    r.is_consented,
    r.converted_customer_id as customer_id,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_prospect') }} as r
