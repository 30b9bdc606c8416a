select
    cast(disp_id as varchar) as disp_id,
    cast(client_id as varchar) as client_id,
    cast(account_id as varchar) as account_id,
    type as disposition_type,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_disp') }}
