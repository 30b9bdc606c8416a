{%- set settle_days = 60 -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where as_of_date >= (select cast(load_from_date - interval '60' day as date) from {{ source('control', 'build_range') }}){% endif %}"
) }}
-- What became of every list member: contacts and responses known within 60 days of the list, held members alike.
with member as (
    select
        list_id, strategy_id, customer_id, arm, policy, as_of_date,
        cast(as_of_date + interval '{{ settle_days }}' day as date) as settled_date
    from {{ ref('list_member') }}
    where as_of_date >= cast({{ load_from_date() }} - interval '{{ settle_days }}' day as date)
),

contact as (
    select
        m.list_id, m.customer_id, c.contact_id, c.contact_date, c.contacted_at, c.is_delivered, c.is_connected,
        c.disposition, c.cost_amount, sum(c.row_sign) as row_count
    from member as m
    inner join {{ ref('fct_contact') }} as c
        on m.list_id = c.list_id and m.customer_id = c.customer_id and c.known_at <= m.settled_date
    group by
        m.list_id, m.customer_id, c.contact_id, c.contact_date, c.contacted_at, c.is_delivered, c.is_connected,
        c.disposition, c.cost_amount
    having sum(c.row_sign) > 0
),

-- Two calls can carry the same minute: the contact's id settles which one is the last.
placed as (
    select
        *,
        row_number() over (
            partition by list_id, customer_id order by contacted_at nulls first, contact_id nulls first) as place
    from contact
),

contacted as (
    select
        list_id,
        customer_id,
        bool_or(coalesce(is_delivered, false)) as is_delivered,
        bool_or(coalesce(is_connected, false)) as is_connected,
        count(*) as contact_count,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        min(contact_date) as first_contact_date,
        max_by(disposition, place) as disposition
    from placed
    group by list_id, customer_id
),

response as (
    select m.list_id, m.customer_id, r.response_id
    from member as m
    inner join {{ ref('fct_response') }} as r
        on m.strategy_id = r.strategy_id and m.customer_id = r.customer_id and r.response_date > m.as_of_date
            and r.known_at <= m.settled_date and r.response_type in ('click', 'appointment', 'purchase')
    group by m.list_id, m.customer_id, r.response_id
    having sum(r.row_sign) > 0
),

responded as (
    select distinct list_id, customer_id from response
)

select
    m.list_id,
    m.strategy_id,
    m.customer_id,
    m.arm,
    m.policy,
    c.customer_id is not null as is_dispatched,
    coalesce(c.is_delivered, false) as is_delivered,
    coalesce(c.is_connected, false) as is_connected,
    coalesce(c.contact_count, 0) as contact_count,
    cast(coalesce(c.cost_amount, 0) as decimal(18, 2)) as cost_amount,
    c.first_contact_date,
    c.disposition,
    r.customer_id is not null as has_responded,
    m.as_of_date
from member as m
left join contacted as c on m.list_id = c.list_id and m.customer_id = c.customer_id
left join responded as r on m.list_id = r.list_id and m.customer_id = r.customer_id
