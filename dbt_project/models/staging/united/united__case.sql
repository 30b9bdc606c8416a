-- Applications, referrals and prospects are one thing to the bank's processes: a case that moves through stages.
select
    'application' as case_kind, application_id as case_id, customer_id, null as source_type, null as source_id,
    null as employee_id, channel_id, product_type, product_id, cast(started_at as date) as started_date, stage, staged_at,
    amount, cast(null as date) as due_date, cast(null as boolean) as is_consented,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__application') }}
union all
select
    'referral', referral_id, customer_id, from_type, from_id,
    employee_id, null, null, product_id, cast(started_at as date), stage, staged_at,
    amount, due_date, null,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__referral') }}
union all
select
    'prospect', prospect_id, customer_id, prospect_source, null,
    null, channel_id, null, null, first_seen_date, stage, staged_at,
    null, null, is_consented,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__prospect') }}
