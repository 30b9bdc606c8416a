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
    r.known_at
from {{ source('core', 'core_consent') }} as r
