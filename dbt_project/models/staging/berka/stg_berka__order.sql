select
    cast(order_id as varchar) as order_id,
    cast(account_id as varchar) as account_id,
    bank_to,
    cast(account_to as varchar) as account_to,
    cast(amount as decimal(18, 2)) as amount,
    nullif(trim(k_symbol), '') as k_symbol,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_order') }}
