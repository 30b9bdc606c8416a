{{ snapshot_incremental() }}
{%- set levels = tag_parameter('digital_levels') -%}
with friends as (
    select distinct as_of_date, customer_id
    from (
        {{ private_domain_at(snapshot_dates()) | indent(8) }}
    ) as links
)

select
    c.customer_id,
    coalesce(a.session_count_30d, 0) > 0 as is_app_active_30d,
    coalesce(a.login_days_30d, 0) as login_days_30d,
    case
        when coalesce(a.login_days_30d, 0) < {{ levels[0] }} then 'none'
        when a.login_days_30d < {{ levels[1] }} then 'low'
        when a.login_days_30d < {{ levels[2] }} then 'mid'
        else 'high'
    end as digital_activity_level,
    p.preferred_channel_id as channel_preference,
    cast(coalesce(t.phone_connect_count_180d, 0) + 1 as double) / (coalesce(t.phone_attempt_count_180d, 0) + 2)
        as connect_rate_180d,
    (coalesce(a.calculator_count_7d, 0) > 0 and coalesce(b.wealth_purchase_count_7d, 0)
        + coalesce(b.fund_purchase_count_7d, 0) + coalesce(b.insurance_purchase_count_7d, 0) = 0)
    {%- for family in ['wealth', 'fund', 'insurance'] %}
    or (coalesce(a.browse_{{ family }}_count_7d, 0) >= {{ tag_parameter('browse_views') }}
        and coalesce(b.{{ family }}_purchase_count_7d, 0) = 0)
    {%- endfor %} as is_browse_intent,
    {{ days_between('t.last_marketing_date', 'c.as_of_date') }} as days_since_contact,
    coalesce(t.marketing_count_30d, 0) as contact_count_30d,
    least(1.0, coalesce(t.fatigue_weight_60d, 0) / {{ tag_parameter('fatigue_cap') }}) as contact_fatigue_rate,
    coalesce(t.contact_count_180d, 0) >= {{ tag_parameter('responder_min_contacts') }}
        and coalesce(t.positive_count_180d, 0) + coalesce(t.click_count_180d, 0) > 0 as is_responder,
    friends.customer_id is not null as is_wecom_friend,
    coalesce(v.visit_count_90d, 0) as branch_visit_count_90d,
    c.is_push_token_valid and c.is_push_allowed as is_push_reachable,
    c.as_of_date
from {{ ref('customer_as_of') }} as c
left join {{ ref('tag_input__app') }} as a on c.as_of_date = a.as_of_date and c.customer_id = a.customer_id
left join {{ ref('tag_input__contact') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
left join {{ ref('tag_input__purchase') }} as b on c.as_of_date = b.as_of_date and c.customer_id = b.customer_id
left join {{ ref('tag_input__counterparty') }} as p on c.as_of_date = p.as_of_date and c.customer_id = p.customer_id
left join {{ ref('tag_input__service') }} as v on c.as_of_date = v.as_of_date and c.customer_id = v.customer_id
left join friends on c.as_of_date = friends.as_of_date and c.customer_id = friends.customer_id
where c.as_of_date in {{ snapshot_dates() }}
