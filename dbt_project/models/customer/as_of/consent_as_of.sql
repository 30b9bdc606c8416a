{{ snapshot_incremental() }}
-- A consent that has run out, or has not begun, is none.
select customer_id, purpose, channel, status, coalesce(is_personalised_optout, false) as is_personalised_optout, as_of_date
from (
    {{ versions_at(ref('dim_consent_version'), ['customer_id', 'purpose', 'channel'], [
        'status', 'valid_from_date', 'valid_to_date', 'is_personalised_optout'
    ], snapshot_dates()) }}
) as v
where
    (valid_from_date is null or valid_from_date <= as_of_date)
    and (valid_to_date is null or valid_to_date >= as_of_date)
