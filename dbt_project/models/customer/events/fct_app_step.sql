{{ known_incremental() }}
-- The few app events whose time of day and order matter: logins and their failures, orders and risk tests. No test events.
with netted as (
    {{ net_events(ref('united__app_event'), 'event_id', ['customer_id', 'event_name', 'event_at', 'is_test']) | indent(4) }}
)

select
    event_id,
    customer_id,
    event_name,
    event_at,
    cast(event_at as date) as event_date,
    row_sign,
    known_at
from netted
where
    customer_id is not null and not is_test
    and event_name in ('login', 'login_failed', 'order_confirm', 'order_placed', 'risk_test_start', 'risk_test_finish')
