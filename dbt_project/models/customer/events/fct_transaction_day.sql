{{ known_incremental() }}
-- A reversal counts as minus one of what it reverses: its direction is turned round and its weight is negative.
with weighted as (
    select
        customer_id, txn_date, amount, txn_code, is_customer_initiated, is_own_transfer, is_external,
        is_cross_border, known_at,
        case when reversed_txn_id is null then is_credit else not is_credit end as is_credit,
        case when reversed_txn_id is null then row_sign else -row_sign end as weight,
        coalesce(txn_code = 'education' or mcc between '8200' and '8299', false) as is_education
    from {{ ref('fct_transaction') }}
    where {{ in_load_range('known_at') }}
)

select
    customer_id,
    txn_date,
    {{ signed_count('is_customer_initiated') }} as initiated_count,
    {{ signed_amount('is_customer_initiated and not is_own_transfer') }} as initiated_amount,
    {{ signed_amount('is_external and is_credit') }} as external_credit_amount,
    {{ signed_amount('is_external and not is_credit') }} as external_debit_amount,
    {{ signed_amount("txn_code = 'salary'") }} as salary_amount,
    {{ signed_count("txn_code = 'salary'") }} as salary_count,
    {{ signed_amount("txn_code = 'pension'") }} as pension_amount,
    {{ signed_count("txn_code = 'pension'") }} as pension_count,
    {{ signed_amount("txn_code in ('consume', 'refund')", "case when is_credit then -amount else amount end") }} as card_spend_amount,
    {{ signed_count("txn_code = 'consume'") }} as card_spend_count,
    {{ signed_amount('is_education') }} as education_amount,
    {{ signed_count('is_education') }} as education_count,
    {{ signed_count("txn_code in ('securities_in', 'securities_out')") }} as securities_count,
    {{ signed_amount("txn_code in ('securities_in', 'securities_out')", "case when is_credit then amount else -amount end") }}
        as securities_net_amount,
    {{ signed_count("txn_code = 'merchant_receipt'") }} as receipt_count,
    {{ signed_count('is_cross_border') }} as cross_border_count,
    {{ signed_amount("txn_code in ('dividend', 'stock_unlock') and is_credit") }} as dividend_amount,
    cast(sum(weight) as integer) as txn_count,
    known_at
from weighted
group by customer_id, txn_date, known_at
