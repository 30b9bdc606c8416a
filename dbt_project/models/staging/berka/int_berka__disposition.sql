{{ known_incremental() }}
-- Kept, because a client is known from the first load on but becomes a customer when the account opens, maybe years later.
select
    d.disp_id,
    d.client_id,
    d.account_id,
    d.disposition_type,
    c.birth_date,
    c.gender,
    c.district_id,
    d.is_known_assumed,
    greatest(d.known_at, c.known_at) as known_at
from {{ ref('stg_berka__disp') }} as d
inner join {{ ref('stg_berka__client') }} as c on d.client_id = c.client_id
