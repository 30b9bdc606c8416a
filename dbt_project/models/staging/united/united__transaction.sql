-- Berka: the symbol says more than the operation, so it decides first; then the operation; then the direction.
with berka as (
    select
        t.*,
        a.owner_client_id,
        coalesce(s.txn_code, o.txn_code, case when t.is_credit then 'transfer_in' else 'transfer_out' end) as txn_code
    from {{ ref('stg_berka__trans') }} as t
    inner join {{ ref('int_berka__account') }} as a on t.account_id = a.account_id
    left join {{ ref('berka_txn_code') }} as s on s.field = 'k_symbol' and t.k_symbol = s.code
    left join {{ ref('berka_txn_code') }} as o on o.field = 'operation' and t.operation = o.code
)

select
    txn_id, account_id, customer_id, txn_at, amount, is_credit, txn_code, channel_id, counterparty_type, counterparty_id,
    mcc, merchant_id, reversed_txn_id, is_cross_border, 'CNY' as currency, row_sign, is_known_assumed, known_at
from {{ ref('stg_core__transaction') }}
union all
select
    trans_id, account_id, owner_client_id, cast(trans_date as timestamp), amount, is_credit, txn_code, null,
    case when txn_code in ('interest', 'fee') then 'bank' when bank is not null then 'person' end, counter_account,
    null, null, null, false, 'CZK', cast(1 as tinyint), is_known_assumed, known_at
from berka
