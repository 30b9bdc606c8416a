select
    cast(account_id as varchar) as account_id,
    cast(district_id as varchar) as district_id,
    frequency,
    cast(date as date) as opened_date,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_account') }}
