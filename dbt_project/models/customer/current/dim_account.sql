-- Accounts as the run leaves them.
with balances as (
    select contract_no, market_value_amount, state_date as as_of_date
    from {{ ref('holding_state') }}
    where state_date = {{ to_date() }} and changed_date <= state_date
)

select
    account_id, customer_id, product_id, product_family, branch_id, opened_date, closed_date, status, is_salary_account,
    is_pension_account, closing_balance_amount, closing_balance_amount as closing_balance, currency
from (
    {{ account_at('(' ~ last_date() ~ ')', 'balances') }}
) as c
