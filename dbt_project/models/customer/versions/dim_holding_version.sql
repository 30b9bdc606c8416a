{{ known_incremental() }}
-- Every change of a contract, with what it was worth before, so that balance changes need no second look.
{%- set earlier %}
    select * from {{ ref('holding_state') }}
    where state_date = (select max(state_date) from {{ ref('holding_state') }} where state_date < {{ load_from_date() }})
{%- endset %}
{{ changed_versions(
    door=ref('united__holding'),
    key=['contract_no'],
    content=[
        'customer_id', 'product_id', 'market_value_amount', 'cost_amount', 'start_date', 'maturity_date',
        'is_auto_renew', 'currency'
    ],
    earlier=earlier,
    carry=['market_value_amount', 'customer_id', 'product_id', 'changed_date']
) }}
