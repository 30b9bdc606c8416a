{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where run_date in (select as_of_date from {{ source('control', 'snapshot_date') }} where kind = 'decision'){% endif %}"
) }}
-- How large each night's audience was and what became of it: customers by outcome, 'chosen' or the reason why not.
select
    strategy_id,
    coalesce(block_reason, 'chosen') as outcome,
    count(*) as customer_count,
    count(*) filter (where is_eligible) as eligible_count,
    run_date
from {{ source('state', 'candidate') }}
where run_date in (select as_of_date from {{ source('control', 'snapshot_date') }} where kind = 'decision')
group by strategy_id, coalesce(block_reason, 'chosen'), run_date
