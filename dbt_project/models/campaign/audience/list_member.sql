-- Who is on which list, held customers too.
select
    m.list_id,
    m.strategy_id,
    m.strategy_version,
    m.as_of_date,
    m.customer_id,
    m.policy_source,
    m.policy,
    m.score,
    m.rank,
    m.channel_id,
    m.product_id,
    m.script_id,
    m.segment_id,
    m.arm,
    m.cell,
    m.expires_date
from {{ source('state', 'list_member') }} as m
inner join {{ ref('list_version') }} as v on m.list_id = v.list_id
