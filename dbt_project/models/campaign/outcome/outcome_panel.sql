{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where cast(matured_date + interval '7' day as date) >= (select load_from_date from {{ source('control', 'build_range') }}){% endif %}"
) }}
-- Outcomes of every list member, contacted or held, from balances and contracts alone, never from responses.
-- covariate: what was known of the customer on the listing date.
{%- set families = ['time', 'wealth', 'fund', 'insurance', 'gold', 'trust', 'pension'] %}
with wanted as (
    select *, primary_metric as metric_id from {{ ref('outcome_window') }}
    {%- for family in families %}
    union
    select *, 'purchase_{{ family }}' from {{ ref('outcome_window') }} where product_family = '{{ family }}'
    union
    select *, 'purchase_amount_{{ family }}' from {{ ref('outcome_window') }} where product_family = '{{ family }}'
    {%- endfor %}
    union
    select *, 'aum_change' from {{ ref('outcome_window') }}
    union
    select *, 'net_new_money' from {{ ref('outcome_window') }}
    union
    select *, 'active_txn' from {{ ref('outcome_window') }}
),

bought as (
    select
        strategy_id,
        customer_id
        {%- for family in families %},
        max(case when product_family = '{{ family }}' then 1.0 end) as has_{{ family }},
        max(case when product_family = '{{ family }}' then cast(amount as double) end) as {{ family }}_amount
        {%- endfor %}
    from {{ ref('outcome_purchase') }}
    group by strategy_id, customer_id
)

select
    w.strategy_id,
    w.customer_id,
    w.metric_id,
    w.list_id,
    w.cell,
    w.policy,
    w.listed_date,
    w.window_days,
    cast(case w.metric_id
        {%- for family in families %}
        when 'purchase_{{ family }}' then coalesce(b.has_{{ family }}, 0)
        when 'purchase_amount_{{ family }}' then coalesce(b.{{ family }}_amount, 0)
        {%- endfor %}
        when 'aum_change' then cast(a.aum_change_amount as double)
        when 'net_new_money' then cast(a.net_new_money_amount as double)
        when 'active_txn' then case when a.is_active then 1 else 0 end
        when 'card_first_swipe' then case when a.has_first_swipe then 1 else 0 end
    end as double) as value,
    cast(case w.metric_id
        when 'aum_change' then cast(t.aum_cny as double)
        when 'net_new_money' then cast(t.aum_cny as double)
        when 'active_txn' then t.txn_count_90d
        when 'card_first_swipe' then null
        else cast(t.aum_month_avg_cny as double)
    end as double) as covariate,
    w.matured_date <= {{ to_date() }} as is_matured,
    w.matured_date,
    t.aum_tier as segment
from wanted as w
left join bought as b on w.strategy_id = b.strategy_id and w.customer_id = b.customer_id
left join {{ ref('outcome_activity') }} as a on w.strategy_id = a.strategy_id and w.customer_id = a.customer_id
left join {{ ref('customer_tags_all') }} as t on w.customer_id = t.customer_id and w.listed_date = t.as_of_date
