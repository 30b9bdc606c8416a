select
    account_id, customer_id, product_id, branch_id, opened_date, closed_date, status,
    is_salary_account, is_pension_account, currency,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__account') }}
union all
select
    account_id, owner_client_id, 'current_account', district_id, opened_date, null, 'open',
    false, false, 'CZK',
    opened_date, is_known_assumed, known_at
from {{ ref('int_berka__account') }}
where {{ in_load_range('known_at') }}
