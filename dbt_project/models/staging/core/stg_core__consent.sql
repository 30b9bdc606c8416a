select
    r.customer_id,
    r.purpose,
    r.channel,
    r.status,
    r.valid_from as valid_from_date,
    r.valid_to as valid_to_date,
    coalesce(is_personalised_optout, false) as is_personalised_optout,
    r.source as consent_source,
    r.dt as changed_date,
    r.is_known_assumed,
    coalesce(f.file_version, 1) as file_version,
    r.file_id,
    r.line_no,
    r.known_at
from {{ source('core', 'core_consent') }} as r
left join {{ ref('stg_core__file') }} as f on r.file_id = f.file_id
