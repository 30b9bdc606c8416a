{{ snapshot_incremental() }}
{%- set channels = ['branch', 'rm_phone', 'remote_rm', 'ai_call', 'sms', 'push', 'wecom', 'app_inbox', 'mail'] -%}
with consents as (
    select
        as_of_date,
        customer_id,
        {%- for channel in channels %}
        bool_or(channel = '{{ channel }}' and status = 'granted') as has_consent_{{ channel }},
        {%- endfor %}
        bool_or(channel = 'all' and status = 'refused') as is_on_refusal_list,
        bool_or(is_personalised_optout) as is_profiling_opted_out
    from {{ ref('consent_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and purpose = 'marketing'
    group by as_of_date, customer_id
),

complaints as (
    select as_of_date, customer_id, bool_or(closed_date is null or closed_date > as_of_date
        or {{ within_days('complained_date', tag_parameter('complaint_days'), 'as_of_date') }}) as has_recent_complaint
    from {{ ref('complaint_as_of') }}
    where as_of_date in {{ snapshot_dates() }}
    group by as_of_date, customer_id
),

overdue as (
    select as_of_date, customer_id, max(overdue_day_count) as overdue_day_count from {{ ref('loan_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open'
    group by as_of_date, customer_id
),

frozen as (
    select distinct as_of_date, customer_id from {{ ref('account_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'frozen'
),

classes as (
    select
        as_of_date,
        customer_id,
        {{ days_between('risk_assessed_date', 'as_of_date') }} > {{ tag_parameter('risk_valid_days') }} as is_risk_expired,
        cast(substr(risk_class, 2, 1) as integer)
            - case when {{ age_at('birth_date', 'as_of_date') }} >= {{ tag_parameter('suitability_age') }} then 1 else 0 end
            as suitable_level
    from {{ ref('customer_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and risk_class is not null
)

select
    c.customer_id,
    c.risk_class,
    classes.is_risk_expired,
    {%- for channel in channels %}
    coalesce(k.has_consent_{{ channel }}, false) as has_consent_{{ channel }},
    {%- endfor %}
    coalesce(k.is_on_refusal_list, false) or coalesce(t.optout_count_365d, 0) > 0 as is_do_not_contact,
    coalesce(k.is_profiling_opted_out, false) as is_profiling_opted_out,
    coalesce(complaints.has_recent_complaint, false) as has_recent_complaint,
    coalesce(overdue.overdue_day_count, 0) >= 1 as is_overdue_1d,
    coalesce(overdue.overdue_day_count, 0) >= 30 as is_overdue_30d,
    coalesce(overdue.overdue_day_count, 0) >= 90 as is_overdue_90d,
    coalesce(c.aml_status in ({{ quoted(tag_parameter('aml_statuses')) }}), false) or frozen.customer_id is not null as is_aml_frozen,
    {{ age_at('c.birth_date', 'c.as_of_date') }} < {{ tag_parameter('minor_age') }} as is_minor,
    case when not coalesce(classes.is_risk_expired, true) then 'R' || cast(greatest(1, classes.suitable_level) as {{ dbt.type_string() }}) end
        as max_suitable_risk_level,
    c.as_of_date
from {{ ref('customer_as_of') }} as c
left join consents as k on c.as_of_date = k.as_of_date and c.customer_id = k.customer_id
left join complaints on c.as_of_date = complaints.as_of_date and c.customer_id = complaints.customer_id
left join overdue on c.as_of_date = overdue.as_of_date and c.customer_id = overdue.customer_id
left join frozen on c.as_of_date = frozen.as_of_date and c.customer_id = frozen.customer_id
left join classes on c.as_of_date = classes.as_of_date and c.customer_id = classes.customer_id
left join {{ ref('tag_input__contact') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
where c.as_of_date in {{ snapshot_dates() }}
