-- Loans as the run leaves them.
select
    loan_id, customer_id, loan_type, granted_amount, granted_date, drawn_amount, balance_amount, interest_rate,
    overdue_day_count, maturity_date, status, currency
from (
    {{ loan_at('(' ~ last_date() ~ ')') }}
) as c
