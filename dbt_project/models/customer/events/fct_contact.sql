{{ known_incremental() }}
with netted as (
    {{ net_events(ref('united__contact'), 'contact_id', [
        'list_id', 'strategy_id', 'customer_id', 'channel_id', 'employee_id', 'contacted_at', 'is_delivered',
        'is_connected', 'talk_second_count', 'disposition', 'script_id', 'cost_amount', 'message_class', 'attempt_number'
    ]) | indent(4) }}
)

select
    contact_id,
    list_id,
    strategy_id,
    customer_id,
    channel_id,
    employee_id,
    contacted_at,
    cast(contacted_at as date) as contact_date,
    is_delivered,
    is_connected,
    talk_second_count,
    disposition,
    script_id,
    cost_amount,
    message_class,
    attempt_number,
    row_sign,
    is_known_assumed,
    known_at
from netted
