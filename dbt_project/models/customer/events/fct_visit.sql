{{ known_incremental() }}
with netted as (
    {{ net_events(ref('united__visit'), 'visit_id', [
        'customer_id', 'branch_id', 'visited_at', 'queue_minute_count', 'serve_minute_count', 'purpose',
        'employee_id', 'outcome'
    ]) | indent(4) }}
)

select
    visit_id,
    customer_id,
    branch_id,
    visited_at,
    cast(visited_at as date) as visit_date,
    queue_minute_count,
    serve_minute_count,
    purpose,
    employee_id,
    outcome,
    row_sign,
    is_known_assumed,
    known_at
from netted
