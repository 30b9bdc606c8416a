-- Every frozen list. A list that was sent expires; one that never was stays frozen, and the board says so.
select
    list_id,
    strategy_id,
    strategy_version,
    as_of_date,
    row_count,
    contact_count,
    hold_count,
    content_hash,
    rule_hash,
    model_id,
    model_version,
    case when status = 'exported' and expires_date < {{ to_date() }} then 'expired' else status end as status,
    expires_date
from {{ source('state', 'list_version') }}
where as_of_date <= {{ to_date() }}
