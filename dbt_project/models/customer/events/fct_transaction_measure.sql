{{ config(materialized='view') }}
-- A view, because customers make about one transaction a day: sums by customer and day would hardly be fewer rows than these,
-- and cost more than everything that is asked of them.
with weighted as (
    select
        customer_id, txn_date, txn_code, is_customer_initiated, is_own_transfer, is_external, is_cross_border, is_education, weight, known_at,
        case when reversed_txn_id is null then is_credit else not is_credit end as is_credit,
        -- a product is wider, and slower to add, than the amount itself
        case when weight = 1 then amount when weight = -1 then -amount else cast(amount * weight as decimal(18, 2)) end as amount
    from {{ ref('fct_transaction') }}
)

select
    customer_id,
    txn_date,
    {{ weighted_count('is_customer_initiated') }} as initiated_count,
    {{ weighted_amount('is_customer_initiated and not is_own_transfer') }} as initiated_amount,
    {{ weighted_amount('is_external and is_credit') }} as external_credit_amount,
    {{ weighted_amount('is_external and not is_credit') }} as external_debit_amount,
    {{ weighted_amount("txn_code = 'salary'") }} as salary_amount,
    {{ weighted_count("txn_code = 'salary'") }} as salary_count,
    {{ weighted_amount("txn_code = 'pension'") }} as pension_amount,
    {{ weighted_count("txn_code = 'pension'") }} as pension_count,
    {{ weighted_amount("txn_code in ('consume', 'refund')", "case when is_credit then -amount else amount end") }} as card_spend_amount,
    {{ weighted_count("txn_code = 'consume'") }} as card_spend_count,
    {{ weighted_amount('is_education') }} as education_amount,
    {{ weighted_count('is_education') }} as education_count,
    {{ weighted_count("txn_code in ('securities_in', 'securities_out')") }} as securities_count,
    {{ weighted_amount("txn_code in ('securities_in', 'securities_out')", "case when is_credit then amount else -amount end") }}
        as securities_net_amount,
    {{ weighted_count("txn_code = 'merchant_receipt'") }} as receipt_count,
    {{ weighted_count('is_cross_border') }} as cross_border_count,
    {{ weighted_amount("txn_code in ('dividend', 'stock_unlock') and is_credit") }} as dividend_amount,
    weight as txn_count,
    known_at
from weighted
