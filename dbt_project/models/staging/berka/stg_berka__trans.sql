-- PRIJEM is a credit; VYDAJ and VYBER are debits. A blank symbol is no symbol.
select
    cast(trans_id as varchar) as trans_id,
    cast(account_id as varchar) as account_id,
    cast(date as date) as trans_date,
    type = 'PRIJEM' as is_credit,
    nullif(trim(operation), '') as operation,
    cast(amount as decimal(18, 2)) as amount,
    cast(balance as decimal(18, 2)) as balance_amount,
    nullif(trim(k_symbol), '') as k_symbol,
    nullif(trim(bank), '') as bank,
    cast(account as varchar) as counter_account,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_trans') }}
