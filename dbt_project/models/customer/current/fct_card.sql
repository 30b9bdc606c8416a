-- Cards as the run leaves them.
select
    card_id, customer_id, product_id, issued_date, activated_date, first_txn_date, credit_limit_amount, used_limit_amount,
    statement_day, status, quickpay_binding_count, currency
from (
    {{ card_at('(' ~ last_date() ~ ')') }}
) as c
