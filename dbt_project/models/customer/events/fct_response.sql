{{ known_incremental() }}
with netted as (
    {{ net_events(ref('united__response'), 'response_id', [
        'customer_id', 'strategy_id', 'responded_at', 'response_type', 'amount', 'contact_id'
    ]) | indent(4) }}
)

select
    response_id,
    customer_id,
    strategy_id,
    responded_at,
    cast(responded_at as date) as response_date,
    response_type,
    amount,
    contact_id,
    row_sign,
    is_known_assumed,
    known_at
from netted
