{{ config(materialized='view') }}
-- List members whose outcomes this run looks at: the window is open, or closed so recently that late rows may still come in.
-- What is learnt later than 7 days after the window closed no longer changes an outcome.
select
    m.strategy_id,
    m.list_id,
    m.customer_id,
    m.cell,
    m.policy,
    m.as_of_date as listed_date,
    s.window_days,
    s.primary_metric,
    s.product_family,
    {{ add_days('m.as_of_date', 's.window_days') }} as matured_date,
    least({{ add_days('m.as_of_date', 's.window_days + 7') }}, {{ to_date() }}) as known_date
from {{ ref('list_member') }} as m
inner join {{ source('state', 'strategy') }} as s
    on m.strategy_id = s.strategy_id and m.strategy_version = s.version
where {{ add_days('m.as_of_date', 's.window_days + 7') }} >= {{ load_from_date() }}
