{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where run_date in (select as_of_date from {{ source('control', 'snapshot_date') }} where kind = 'decision') or run_date <= (select cast(to_date - interval '35' day as date) from {{ source('control', 'build_range') }}){% endif %}"
) }}
-- Everyone of an audience with the one reason why not, or none where chosen. Five weeks; all of it stays in state/candidates.
select
    c.strategy_id,
    c.customer_id,
    c.policy,
    c.is_eligible,
    c.block_reason,
    c.rank,
    c.is_chosen,
    c.run_date
from {{ source('state', 'candidate') }} as c
where
    c.run_date in (select as_of_date from {{ source('control', 'snapshot_date') }} where kind = 'decision')
    and c.run_date > (select cast(to_date - interval '35' day as date) from {{ source('control', 'build_range') }})
