{{ known_incremental() }}
with netted as (
    {{ net_events(ref('united__transaction'), 'txn_id', [
        'account_id', 'customer_id', 'txn_at', 'amount', 'is_credit', 'txn_code', 'channel_id', 'counterparty_type',
        'counterparty_id', 'mcc', 'merchant_id', 'reversed_txn_id', 'is_cross_border', 'currency'
    ]) | indent(4) }}
)

select
    n.txn_id,
    n.account_id,
    n.customer_id,
    cast(n.txn_at as date) as txn_date,
    n.txn_at,
    n.amount,
    n.is_credit,
    n.txn_code,
    n.channel_id,
    n.counterparty_type,
    n.counterparty_id,
    n.mcc,
    n.merchant_id,
    coalesce(c.is_customer_initiated, false) as is_customer_initiated,
    coalesce(n.counterparty_type in ('own_same_bank', 'own_other_bank'), false) as is_own_transfer,
    coalesce(n.counterparty_type, '') <> 'own_same_bank'
    and n.txn_code not in ('product_buy', 'product_redeem', 'interest', 'fee') as is_external,
    n.reversed_txn_id,
    n.is_cross_border or n.txn_code = 'fx_exchange' as is_cross_border,
    coalesce(n.txn_code = 'education' or n.mcc between '8200' and '8299', false) as is_education,
    -- a reversal counts as minus one of what it reverses
    cast(case when n.reversed_txn_id is null then n.row_sign else -n.row_sign end as integer) as weight,
    n.currency,
    n.row_sign,
    n.is_known_assumed,
    n.known_at
from netted as n
left join {{ ref('txn_code') }} as c on n.txn_code = c.txn_code
