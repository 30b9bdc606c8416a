-- Berka gives no loan balances: each loan follows its contract, one row a month from the grant to the last instalment,
-- dated ahead of its knowledge.
with digits as (
    select cast(column1 as integer) as n
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as v (column1)
),

schedule as (
    select
        l.*,
        tens.n * 10 + ones.n as paid_count
    from {{ ref('stg_berka__loan') }} as l
    cross join digits as tens
    cross join digits as ones
    where tens.n * 10 + ones.n <= l.month_count
)

select
    loan_id, customer_id, loan_type, granted_amount, granted_date, drawn_amount, balance_amount, interest_rate,
    overdue_day_count, maturity_date, status, 'CNY' as currency,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__loan') }}
union all
select
    s.loan_id, a.owner_client_id, 'consumer', s.granted_amount, s.granted_date, s.granted_amount,
    cast(s.granted_amount - s.instalment_amount * s.paid_count as decimal(18, 2)), null,
    null, {{ add_months('s.granted_date', 's.month_count') }},
    case when s.paid_count = s.month_count then 'closed' else 'open' end, 'CZK',
    {{ add_months('s.granted_date', 's.paid_count') }}, s.is_known_assumed, s.known_at
from schedule as s
inner join {{ ref('int_berka__account') }} as a on s.account_id = a.account_id
