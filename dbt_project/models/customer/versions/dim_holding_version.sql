{{ known_incremental() }}
-- Every change of a contract, with what it was worth before, so that balance changes need no second look.
-- A row told ahead of its date counts as learnt on its date: what lies between would change what it differs from.
{%- set content = [
    'customer_id', 'product_id', 'market_value_amount', 'cost_amount', 'start_date', 'maturity_date', 'is_auto_renew',
    'currency'
] %}
{%- set columns = 'contract_no, ' ~ content | join(', ') ~ ', changed_date, is_known_assumed' %}
{%- set before %}
    {{- ref('holding_state') }} where state_date = (
        select max(state_date) from {{ ref('holding_state') }} where state_date < {{ load_from_date() }}
    )
{%- endset %}
{%- set arriving %}(
    with told_ahead as (
        select *
        from (
            select {{ columns }}, known_at from {{ ref('united__holding') }} where changed_date > known_at
            union all
            select {{ columns }}, known_at from {{ before }} and changed_date >= {{ load_from_date() }}
        ) as told
        where changed_date <= {{ to_date() }}
        qualify row_number() over (partition by contract_no, changed_date order by known_at desc nulls last) = 1
    )

    select {{ columns }}, known_at from {{ ref('united__holding') }} where changed_date <= known_at
    union all
    select {{ columns }}, changed_date as known_at
    from told_ahead as t
    where not exists (
        select 1 from {{ ref('united__holding') }} as u
        where u.contract_no = t.contract_no and u.changed_date = t.changed_date and u.known_at = t.changed_date
    )
) as arriving{% endset %}
{{ changed_versions(
    door=arriving,
    key=['contract_no'],
    content=content,
    earlier='select * from ' ~ before ~ ' and changed_date < ' ~ load_from_date(),
    carry=['market_value_amount', 'customer_id', 'product_id', 'changed_date']
) }}
