select
    r.channel_id,
    r.channel_type,
    cast(unit_cost_cny as decimal(18, 2)) as unit_cost_amount,
    cast(daily_capacity as integer) as daily_capacity_count,
    r.allowed_hours,
    coalesce(needs_consent, false) as is_consent_needed,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_channel') }} as r
