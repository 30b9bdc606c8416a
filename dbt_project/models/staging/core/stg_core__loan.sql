select
    r.loan_id,
    r.customer_id,
    r.loan_type,
    cast(granted_cny as decimal(18, 2)) as granted_amount,
    r.granted_date,
    cast(drawn_cny as decimal(18, 2)) as drawn_amount,
    cast(balance_cny as decimal(18, 2)) as balance_amount,
    cast(interest_rate as double) as interest_rate,
    cast(overdue_days as integer) as overdue_day_count,
    r.maturity_date,
    coalesce(status, 'open') as status,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_loan') }} as r
