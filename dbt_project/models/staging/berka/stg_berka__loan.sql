-- The file's status tells how the loan ended, years later: it is left out of everything but training targets.
select
    cast(loan_id as varchar) as loan_id,
    cast(account_id as varchar) as account_id,
    cast(date as date) as granted_date,
    cast(amount as decimal(18, 2)) as granted_amount,
    cast(duration as integer) as month_count,
    cast(payments as decimal(18, 2)) as instalment_amount,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_loan') }}
