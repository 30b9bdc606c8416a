{{ known_incremental() }}
-- Kept, because transactions and loans of later nights need the owner of an account.
select
    a.account_id,
    d.client_id as owner_client_id,
    a.district_id,
    a.opened_date,
    a.is_known_assumed,
    greatest(a.known_at, d.known_at) as known_at
from {{ ref('stg_berka__account') }} as a
inner join {{ ref('int_berka__disposition') }} as d
    on a.account_id = d.account_id and d.disposition_type = 'OWNER'
