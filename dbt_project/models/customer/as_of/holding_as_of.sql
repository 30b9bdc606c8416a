{{ snapshot_incremental() }}
-- The state before the run and the changes of the run: the history is not read.
{%- set content = [
    'customer_id', 'product_id', 'market_value_amount', 'cost_amount', 'start_date', 'maturity_date', 'is_auto_renew',
    'currency'
] %}
with changes as (
    select contract_no, {{ content | join(', ') }}, is_late, changed_date, known_at
    from {{ ref('dim_holding_version') }}
    where {{ in_load_range('known_at') }}
    union all
    select contract_no, {{ content | join(', ') }}, false, changed_date, known_at
    from {{ ref('holding_state') }}
    where
        state_date = (select max(state_date) from {{ ref('holding_state') }} where state_date < {{ load_from_date() }})
        and changed_date < {{ load_from_date() }}
),

held as (
    {{ versions_at('changes', ['contract_no'], content, snapshot_dates()) | indent(4) }}
)

select
    h.contract_no,
    h.customer_id,
    h.product_id,
    f.product_family,
    p.risk_level,
    f.is_aum,
    h.market_value_amount,
    h.cost_amount,
    h.start_date,
    h.maturity_date,
    h.is_auto_renew,
    h.currency,
    h.as_of_date
from held as h
left join {{ ref('product_family_of') }} as f on h.product_id = f.product_id
left join (
    {{ versions_at(ref('dim_product_version'), ['product_id'], ['risk_level'], snapshot_dates()) | indent(4) }}
) as p on h.product_id = p.product_id and h.as_of_date = p.as_of_date
where h.market_value_amount > 0
