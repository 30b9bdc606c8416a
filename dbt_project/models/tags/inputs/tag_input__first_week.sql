{{ config(materialized='table') }}
-- What happened in the seven days after the relation began, of customers in their honeymoon only (TAG-L04), and their visits.
with newcomers as (
    select
        c.as_of_date,
        c.customer_id,
        c.risk_assessed_date,
        greatest(c.opened_date, coalesce(r.reopened_date, c.opened_date)) as start_date,
        least(c.as_of_date, {{ add_days('greatest(c.opened_date, coalesce(r.reopened_date, c.opened_date))',
            tag_parameter('first_meeting_days')) }}) as end_date
    from {{ ref('customer_as_of') }} as c
    left join {{ ref('tag_input__reopened') }} as r on c.as_of_date = r.as_of_date and c.customer_id = r.customer_id
    where c.as_of_date in {{ snapshot_dates() }}
        and greatest(c.opened_date, coalesce(r.reopened_date, c.opened_date))
            >= cast(c.as_of_date - interval '{{ tag_parameter("honeymoon_days") }}' day as date)
),

logins as (
    select n.as_of_date, n.customer_id
    from newcomers as n
    inner join {{ ref('fct_app_day') }} as a
        on n.customer_id = a.customer_id and a.event_date >= n.start_date and a.event_date <= n.end_date
            and a.known_at <= n.as_of_date
    group by n.as_of_date, n.customer_id
    having sum(a.login_count) > 0
),

-- consent as it stood at the end of the week
consents as (
    select n.as_of_date, n.customer_id, v.status
    from newcomers as n
    inner join {{ ref('dim_consent_version') }} as v
        on n.customer_id = v.customer_id and v.purpose = 'marketing' and v.channel <> 'all' and not v.is_late
            and greatest(v.changed_date, v.known_at) <= n.end_date
    qualify row_number() over (
        partition by n.as_of_date, n.customer_id, v.channel
        order by greatest(v.changed_date, v.known_at) desc nulls last, v.changed_date desc nulls last, v.known_at desc nulls last
    ) = 1
),

-- a talk with an employee, by telephone or in a branch
talks as (
    select n.as_of_date, n.customer_id, c.contact_id as talk_id, sum(c.row_sign) as weight
    from newcomers as n
    inner join {{ ref('fct_contact') }} as c
        on n.customer_id = c.customer_id and c.contact_date >= n.start_date and c.contact_date <= n.end_date
            and c.known_at <= n.as_of_date
    where c.is_connected and c.employee_id is not null
    group by n.as_of_date, n.customer_id, c.contact_id
),

visits as (
    select n.as_of_date, n.customer_id, v.visit_id,
        bool_or(v.visit_date <= n.end_date and v.employee_id is not null) as is_talk
    from newcomers as n
    inner join {{ ref('fct_visit') }} as v
        on n.customer_id = v.customer_id and v.visit_date >= n.start_date and v.visit_date <= n.as_of_date
            and v.known_at <= n.as_of_date
    group by n.as_of_date, n.customer_id, v.visit_id
    having sum(v.row_sign) > 0
),

visit_counts as (
    select as_of_date, customer_id, cast(count(*) as integer) as visit_count, bool_or(is_talk) as has_talk
    from visits
    group by as_of_date, customer_id
),

friends as (
    select distinct n.as_of_date, n.customer_id
    from newcomers as n
    inner join (
        {{ private_domain_at(snapshot_dates()) | indent(8) }}
    ) as p on n.as_of_date = p.as_of_date and n.customer_id = p.customer_id and p.valid_from_date <= n.end_date
),

asked as (
    select as_of_date, customer_id from consents where status = 'granted' group by as_of_date, customer_id
),

talked as (
    select as_of_date, customer_id from talks where weight > 0 group by as_of_date, customer_id
)

select
    n.customer_id,
    logins.customer_id is not null as has_login_7d,
    asked.customer_id is not null as has_consent_7d,
    friends.customer_id is not null or talked.customer_id is not null or coalesce(visit_counts.has_talk, false) as has_talk_7d,
    coalesce(n.risk_assessed_date between n.start_date and n.end_date, false) as has_risk_test_7d,
    coalesce(visit_counts.visit_count, 0) as visit_count,
    n.as_of_date
from newcomers as n
left join logins on n.as_of_date = logins.as_of_date and n.customer_id = logins.customer_id
left join asked on n.as_of_date = asked.as_of_date and n.customer_id = asked.customer_id
left join friends on n.as_of_date = friends.as_of_date and n.customer_id = friends.customer_id
left join talked on n.as_of_date = talked.as_of_date and n.customer_id = talked.customer_id
left join visit_counts on n.as_of_date = visit_counts.as_of_date and n.customer_id = visit_counts.customer_id
