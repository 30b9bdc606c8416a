-- Contact channels as the run leaves them.
select
    channel_id, channel_type, unit_cost_amount, daily_capacity_count, allowed_hours, is_consent_needed
from (
    {{ versions_at(ref('dim_channel_version'), ['channel_id'], [
        'channel_type', 'unit_cost_amount', 'daily_capacity_count', 'allowed_hours', 'is_consent_needed'
    ], '(' ~ last_date() ~ ')') }}
) as c
