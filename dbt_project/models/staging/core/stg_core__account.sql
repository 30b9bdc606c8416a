select
    r.account_id,
    r.customer_id,
    r.product_id,
    r.branch_id,
    r.open_date as opened_date,
    r.close_date as closed_date,
    r.status,
    coalesce(is_salary_acct, false) as is_salary_account,
    coalesce(is_pension_acct, false) as is_pension_account,
    coalesce(ccy, 'CNY') as currency,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_account') }} as r
