{{ config(materialized='table') }}
-- Visits, card bills, benefits and applications per snapshot date: the dealings of people and cards beside transactions.
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

visits as (
    select
        s.as_of_date,
        v.customer_id,
        {{ days_between('v.visit_date', 's.as_of_date') }} as age,
        max(coalesce(v.queue_minute_count, 0)) as queue_minutes,
        cast(max(v.visited_at) as {{ dbt.type_string() }}) || v.visit_id as place
    from {{ ref('fct_visit') }} as v
    inner join snapshots as s on {{ within_days('v.visit_date', 90) }} and v.known_at <= s.as_of_date
    group by s.as_of_date, v.customer_id, v.visit_date, v.visit_id
    having sum(v.row_sign) > 0
),

visit_facts as (
    select
        as_of_date,
        customer_id,
        cast(count(*) as integer) as visit_count_90d,
        max_by(queue_minutes, place) filter (where age < 30) as last_queue_minutes
    from visits
    group by as_of_date, customer_id
),

service_facts as (
    select
        s.as_of_date,
        d.customer_id,
        {%- for name in ['bill_count', 'bill_full_count', 'bill_minimum_count', 'benefit_granted_count', 'benefit_redeemed_count'] %}
        cast(coalesce(sum(d.{{ name }}) filter (where {{ within_days('d.service_date', 180) }}), 0) as integer) as {{ name }}_180d,
        {%- endfor %}
        cast(coalesce(sum(d.instalment_plan_count) filter (where {{ within_days('d.service_date', 180) }}), 0) as integer)
            as instalment_plan_count_180d,
        cast(sum(d.instalment_plan_count) as integer) as instalment_plan_count_365d
    from {{ ref('fct_service_day') }} as d
    inner join snapshots as s on {{ within_days('d.service_date', 365) }} and d.known_at <= s.as_of_date
    group by s.as_of_date, d.customer_id
),

stalled as (
    select distinct as_of_date, customer_id
    from (
        {{ case_at(snapshot_dates()) | indent(8) }}
    ) as cases
    where case_kind = 'application' and stage in ({{ quoted(tag_parameter('application_open_stages')) }})
        and {{ within_days('cast(staged_at as date)', tag_parameter('application_days'), 'as_of_date') }}
        and staged_at < cast(as_of_date as timestamp) + interval '24' hour - interval '{{ tag_parameter("application_stall_hours") }}' hour
)

select
    coalesce(v.customer_id, d.customer_id, a.customer_id) as customer_id,
    coalesce(v.visit_count_90d, 0) as visit_count_90d,
    v.last_queue_minutes,
    {%- for name in ['bill_count', 'bill_full_count', 'bill_minimum_count', 'benefit_granted_count', 'benefit_redeemed_count',
        'instalment_plan_count'] %}
    coalesce(d.{{ name }}_180d, 0) as {{ name }}_180d,
    {%- endfor %}
    coalesce(d.instalment_plan_count_365d, 0) as instalment_plan_count_365d,
    a.customer_id is not null as has_stalled_application,
    coalesce(v.as_of_date, d.as_of_date, a.as_of_date) as as_of_date
from visit_facts as v
full outer join service_facts as d on v.as_of_date = d.as_of_date and v.customer_id = d.customer_id
full outer join stalled as a
    on coalesce(v.as_of_date, d.as_of_date) = a.as_of_date and coalesce(v.customer_id, d.customer_id) = a.customer_id
