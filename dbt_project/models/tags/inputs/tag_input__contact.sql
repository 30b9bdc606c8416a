{{ config(materialized='table') }}
-- Contacts and answers per snapshot date, half a year back (a year for opt-outs and recency).
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

-- one row per contact: a retracted one nets to zero and drops out
contacts as (
    select
        s.as_of_date,
        c.customer_id,
        c.contact_id,
        c.contact_date,
        {{ days_between('c.contact_date', 's.as_of_date') }} as age,
        max(c.contacted_at) as contacted_at,
        max(c.message_class) as message_class,
        bool_or(c.channel_id in ({{ quoted(tag_parameter('phone_channels')) }})) as is_phone,
        bool_or(c.is_connected) as is_connected,
        max(c.disposition) as disposition,
        max(c.cost_amount) as cost_amount
    from {{ ref('fct_contact') }} as c
    inner join snapshots as s
        on {{ within_days('c.contact_date', 365) }} and c.known_at <= s.as_of_date
    group by s.as_of_date, c.customer_id, c.contact_id, c.contact_date
    having sum(c.row_sign) > 0
),

ranked as (
    select
        contacts.*,
        case when is_phone then row_number() over (
            partition by as_of_date, customer_id, is_phone order by contacted_at desc nulls last, contact_id desc nulls last) end
            as phone_attempt_rank
    from contacts
),

answers as (
    select
        s.as_of_date,
        r.customer_id,
        cast(coalesce(sum(r.row_sign) filter (where r.response_type = 'optout'), 0) as integer) as optout_count_365d,
        cast(coalesce(sum(r.row_sign) filter (where r.response_type = 'click'
            and {{ within_days('r.response_date', 180) }}), 0) as integer) as click_count_180d
    from {{ ref('fct_response') }} as r
    inner join snapshots as s
        on {{ within_days('r.response_date', tag_parameter('optout_days')) }} and r.known_at <= s.as_of_date
    where r.response_type in ('optout', 'click')
    group by s.as_of_date, r.customer_id
),

summed as (
    select
        as_of_date,
        customer_id,
        max(contact_date) filter (where message_class = 'marketing') as last_marketing_date,
        cast(count(*) filter (where message_class = 'marketing' and age < 30)
            as integer) as marketing_count_30d,
        cast(count(*) filter (where is_phone and age < 180) as integer)
            as phone_attempt_count_180d,
        cast(count(*) filter (where is_phone and is_connected and age < 180) as integer)
            as phone_connect_count_180d,
        cast(count(*) filter (where age < 180) as integer) as contact_count_180d,
        cast(count(*) filter (where disposition in ('interested', 'appointment')
            and age < 180) as integer) as positive_count_180d,
        -- exact terms, so that the sum does not depend on the order of its rows
        cast(sum(cast(power(0.5, cast(age as double)
            / {{ tag_parameter('fatigue_half_life_days') }}) as decimal(18, 12))
            * case when disposition = 'refused' then {{ tag_parameter('fatigue_refusal_weight') }} else 1 end)
            filter (where message_class = 'marketing' and age < 60) as double)
            as fatigue_weight_60d,
        cast(count(*) filter (where phone_attempt_rank <= {{ tag_parameter('unreachable_attempts') }}
            and age < 60) as integer) as latest_attempt_count_60d,
        cast(count(*) filter (where phone_attempt_rank <= {{ tag_parameter('unreachable_attempts') }} and is_connected
            and age < 60) as integer) as latest_connect_count_60d,
        cast(coalesce(sum(cost_amount) filter (where age < 90), 0) as decimal(18, 2))
            as contact_cost_amount_90d,
        cast(coalesce(sum(cost_amount), 0) as decimal(18, 2)) as contact_cost_amount_365d
    from ranked
    group by as_of_date, customer_id
)

select
    coalesce(summed.customer_id, answers.customer_id) as customer_id,
    summed.last_marketing_date,
    coalesce(summed.marketing_count_30d, 0) as marketing_count_30d,
    coalesce(summed.phone_attempt_count_180d, 0) as phone_attempt_count_180d,
    coalesce(summed.phone_connect_count_180d, 0) as phone_connect_count_180d,
    coalesce(summed.contact_count_180d, 0) as contact_count_180d,
    coalesce(summed.positive_count_180d, 0) as positive_count_180d,
    coalesce(summed.fatigue_weight_60d, 0) as fatigue_weight_60d,
    coalesce(summed.latest_attempt_count_60d, 0) as latest_attempt_count_60d,
    coalesce(summed.latest_connect_count_60d, 0) as latest_connect_count_60d,
    coalesce(summed.contact_cost_amount_90d, 0) as contact_cost_amount_90d,
    coalesce(summed.contact_cost_amount_365d, 0) as contact_cost_amount_365d,
    coalesce(answers.optout_count_365d, 0) as optout_count_365d,
    coalesce(answers.click_count_180d, 0) as click_count_180d,
    coalesce(summed.as_of_date, answers.as_of_date) as as_of_date
from summed
full outer join answers on summed.as_of_date = answers.as_of_date and summed.customer_id = answers.customer_id
