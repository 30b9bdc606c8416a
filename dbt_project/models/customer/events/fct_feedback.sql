{{ known_incremental() }}
with netted as (
    {{ net_events(ref('united__feedback'), 'feedback_id', [
        'employee_id', 'given_at', 'object_type', 'object_id', 'object_version', 'verdict', 'customer_id',
        'feedback_text'
    ]) | indent(4) }}
)

select
    feedback_id,
    employee_id,
    given_at,
    cast(given_at as date) as feedback_date,
    object_type,
    object_id,
    object_version,
    verdict,
    customer_id,
    feedback_text,
    row_sign,
    is_known_assumed,
    known_at
from netted
