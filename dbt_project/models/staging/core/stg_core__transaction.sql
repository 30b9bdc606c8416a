select
    r.txn_id,
    r.account_id,
    r.customer_id,
    r.ts as txn_at,
    cast(amount_cny as decimal(18, 2)) as amount,
    dr_cr = 'C' as is_credit,
    r.txn_code,
    r.channel_id,
    r.counterparty_type,
    r.counterparty_id,
    r.mcc,
    r.merchant_id,
    r.reversal_of as reversed_txn_id,
    coalesce(r.overseas_flag, false) or coalesce(r.txn_ccy, 'CNY') <> 'CNY' as is_cross_border,
    r.row_sign,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_transaction') }} as r
