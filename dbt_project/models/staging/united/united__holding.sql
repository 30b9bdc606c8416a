-- Every Berka account is a demand holding worth its closing balance.
select
    contract_no, customer_id, product_id, market_value_amount, cost_amount, start_date, maturity_date, is_auto_renew,
    'CNY' as currency,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__holding') }}
union all
select
    b.account_id, a.owner_client_id, 'current_account', b.closing_balance_amount, null, a.opened_date, null, false,
    'CZK',
    b.balance_date, b.is_known_assumed, b.known_at
from {{ ref('int_berka__closing_balance') }} as b
inner join {{ ref('int_berka__account') }} as a on b.account_id = a.account_id
