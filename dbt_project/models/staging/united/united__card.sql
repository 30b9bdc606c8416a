-- A Berka card belongs to the client of its disposition, not to the account's owner.
select
    card_id, customer_id, product_id, issued_date, activated_date, first_txn_date, credit_limit_amount, used_limit_amount,
    statement_day, status, quickpay_binding_count, 'CNY' as currency,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__card') }}
union all
select
    c.card_id, d.client_id, 'card_' || c.card_type, c.issued_date, null, null, null, null,
    null, 'open', null, 'CZK',
    c.issued_date, c.is_known_assumed, greatest(c.known_at, d.known_at)
from {{ ref('stg_berka__card') }} as c
inner join {{ ref('int_berka__disposition') }} as d on c.disp_id = d.disp_id
