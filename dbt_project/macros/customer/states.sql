{# What a customer, account, card or loan is on each of some dates: the body of both the snapshots and the current tables.
   dates: relation with as_of_date. #}
{% macro customer_at(dates) %}
with city_of_branch as (
    select city_code, min(city_tier) as city_tier, as_of_date
    from ({{ versions_at(ref('dim_branch_version'), ['branch_id'], ['city_code', 'city_tier'], dates) }}) as b
    where city_code is not null
    group by city_code, as_of_date
)

select
    v.customer_id,
    v.source_system,
    v.birth_date,
    v.gender,
    v.occupation_code,
    v.education,
    v.marital_declared,
    v.city_code,
    cast(coalesce(b.city_tier, c.city_tier) as integer) as city_tier,
    v.is_county,
    v.opened_date,
    v.is_employee,
    v.is_deceased,
    v.aml_status,
    v.legal_entity,
    v.risk_class,
    v.risk_assessed_date,
    v.household_id,
    v.title,
    v.is_legal_representative,
    v.village_id,
    v.village_stage,
    v.is_mobile_signed,
    v.is_sms_alert_signed,
    v.is_push_token_valid,
    v.is_push_allowed,
    v.currency,
    v.as_of_date
from (
    {{ versions_at(ref('dim_customer_version'), ['customer_id'], [
        'source_system', 'birth_date', 'gender', 'occupation_code', 'education', 'marital_declared', 'city_code',
        'is_county', 'opened_date', 'is_employee', 'is_deceased', 'aml_status', 'legal_entity', 'risk_class',
        'risk_assessed_date', 'household_id', 'merged_into_id', 'title', 'is_legal_representative', 'village_id',
        'village_stage', 'is_mobile_signed', 'is_sms_alert_signed', 'is_push_token_valid', 'is_push_allowed', 'currency'
    ], dates) }}
) as v
left join city_of_branch as b on v.city_code = b.city_code and v.as_of_date = b.as_of_date
left join {{ ref('city') }} as c on v.city_code = c.city_code
where v.opened_date <= v.as_of_date and v.merged_into_id is null
{% endmacro %}

{# balances: relation with contract_no, market_value_amount, as_of_date; a demand account is the holding of its own id. #}
{% macro account_at(dates, balances) %}
select
    v.account_id,
    v.customer_id,
    v.product_id,
    p.product_family,
    v.branch_id,
    v.opened_date,
    v.closed_date,
    v.status,
    v.is_salary_account,
    v.is_pension_account,
    cast(coalesce(b.market_value_amount, 0) as decimal(18, 2)) as closing_balance_amount,
    v.currency,
    v.as_of_date
from (
    {{ versions_at(ref('dim_account_version'), ['account_id'], [
        'customer_id', 'product_id', 'branch_id', 'opened_date', 'closed_date', 'status', 'is_salary_account',
        'is_pension_account', 'currency'
    ], dates) }}
) as v
left join {{ ref('product_family_of') }} as p on v.product_id = p.product_id
left join {{ balances }} as b on v.account_id = b.contract_no and v.as_of_date = b.as_of_date
where v.opened_date <= v.as_of_date
{% endmacro %}

{% macro card_at(dates) %}
select
    card_id,
    customer_id,
    product_id,
    issued_date,
    activated_date,
    first_txn_date,
    credit_limit_amount,
    used_limit_amount,
    statement_day,
    status,
    quickpay_binding_count,
    currency,
    as_of_date
from (
    {{ versions_at(ref('dim_card_version'), ['card_id'], [
        'customer_id', 'product_id', 'issued_date', 'activated_date', 'first_txn_date', 'credit_limit_amount',
        'used_limit_amount', 'statement_day', 'status', 'quickpay_binding_count', 'currency'
    ], dates) }}
) as v
where issued_date <= as_of_date
{% endmacro %}

{% macro loan_at(dates) %}
select
    loan_id,
    customer_id,
    loan_type,
    granted_amount,
    granted_date,
    drawn_amount,
    balance_amount,
    interest_rate,
    overdue_day_count,
    maturity_date,
    status,
    currency,
    as_of_date
from (
    {{ versions_at(ref('dim_loan_version'), ['loan_id'], [
        'customer_id', 'loan_type', 'granted_amount', 'granted_date', 'drawn_amount', 'balance_amount', 'interest_rate',
        'overdue_day_count', 'maturity_date', 'status', 'currency'
    ], dates) }}
) as v
where granted_date <= as_of_date
{% endmacro %}

{# The row of each contract in force, worth something or not (overdrawn accounts are below zero): the state before the run
   and the changes of the run; the history is not read. #}
{% macro contract_at(dates) %}
{%- set content = [
    'customer_id', 'product_id', 'market_value_amount', 'cost_amount', 'start_date', 'maturity_date', 'is_auto_renew',
    'currency'
] -%}
{%- set rows %}(
    select contract_no, {{ content | join(', ') }}, is_late, changed_date, known_at
    from {{ ref('dim_holding_version') }}
    where {{ in_load_range('known_at') }}
    union all
    select contract_no, {{ content | join(', ') }}, false, changed_date, known_at
    from {{ ref('holding_state') }}
    where
        state_date = (select max(state_date) from {{ ref('holding_state') }} where state_date < {{ load_from_date() }})
        and changed_date < {{ load_from_date() }}
) as contract_rows{% endset -%}
{{ versions_at(rows, ['contract_no'], content, dates) }}
{% endmacro %}
