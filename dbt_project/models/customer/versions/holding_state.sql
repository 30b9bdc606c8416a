{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where state_date >= (select load_from_date from {{ source('control', 'build_range') }}) or state_date < (select cast(max(state_date) - interval '40' day as date) from {{ this }} where state_date < (select load_from_date from {{ source('control', 'build_range') }})){% endif %}"
) }}
-- Every contract as the run leaves it, ended ones too, so that a night compares with this and not with the history.
-- Rows dated ahead of the run are kept beside the one in force.
{%- set content = [
    'customer_id', 'product_id', 'market_value_amount', 'cost_amount', 'start_date', 'maturity_date', 'is_auto_renew',
    'currency'
] %}
with together as (
    select contract_no, {{ content | join(', ') }}, changed_date, is_known_assumed, known_at
    from {{ ref('united__holding') }}
    {%- if is_incremental() %}
    union all
    select contract_no, {{ content | join(', ') }}, changed_date, is_known_assumed, known_at
    from {{ this }}
    where state_date = (select max(state_date) from {{ this }} where state_date < {{ load_from_date() }})
    {%- endif %}
)

select contract_no, {{ content | join(', ') }}, changed_date, is_known_assumed, known_at, {{ to_date() }} as state_date
from together
qualify row_number() over (
    partition by contract_no, case when changed_date > {{ to_date() }} then changed_date end
    order by changed_date desc nulls last, known_at desc nulls last
) = 1
