select
    r.channel_id,
    r.channel_type,
    cast(unit_cost_cny as decimal(18, 2)) as unit_cost_amount,
    cast(daily_capacity as integer) as daily_capacity_count,
    r.allowed_hours,
    coalesce(needs_consent, false) as is_consent_needed,
    r.dt as changed_date,
    r.is_known_assumed,
    coalesce(f.file_version, 1) as file_version,
    r.file_id,
    r.line_no,
    r.known_at
from {{ source('core', 'core_channel') }} as r
left join {{ ref('stg_core__file') }} as f on r.file_id = f.file_id
