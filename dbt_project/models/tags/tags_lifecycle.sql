{{ snapshot_incremental() }}
{%- set milestones = ['login', 'salary_or_card', 'balance', 'second_product', 'second_visit'] -%}
with accounts as (
    select as_of_date, customer_id, status from {{ ref('account_as_of') }} where as_of_date in {{ snapshot_dates() }}
),

closed_out as (
    {{ closed_out('accounts') }}
),

inputs as (
    select
        b.*,
        greatest(c.opened_date, coalesce(r.reopened_date, c.opened_date)) as relation_start_date,
        c.opened_date,
        coalesce(t.initiated_count_90d, 0) as txn_count,
        coalesce(t.initiated_count_91_180d, 0) as txn_count_before,
        coalesce(t.last_initiated_date > cast(b.as_of_date - interval '{{ tag_parameter("dormant_days") }}' day as date), false)
            or a.last_login_date is not null as is_active_180d,
        f.customer_id is not null or n.customer_id is not null as is_lost,
        coalesce(w.was_lost_12m or w.was_dormant_12m, false) as was_away,
        p.product_count,
        coalesce(a.login_days_30d, 0) > 0 as has_login,
        coalesce(h.has_login_7d, false) as has_login_7d,
        coalesce(h.has_consent_7d, false) as has_consent_7d,
        coalesce(h.has_talk_7d, false) as has_talk_7d,
        coalesce(h.has_risk_test_7d, false) as has_risk_test_7d,
        coalesce(h.visit_count, 0) >= {{ tag_parameter('milestone_visits') }} as has_second_visit,
        coalesce(t.salary_count_92d, 0) > 0 or coalesce(k.quickpay_binding_count, 0) > 0 as has_salary_or_card
    from {{ ref('tag_input__balance') }} as b
    inner join {{ ref('customer_as_of') }} as c on b.as_of_date = c.as_of_date and b.customer_id = c.customer_id
    left join {{ ref('tag_input__transaction') }} as t on b.as_of_date = t.as_of_date and b.customer_id = t.customer_id
    left join {{ ref('tag_input__app') }} as a on b.as_of_date = a.as_of_date and b.customer_id = a.customer_id
    left join {{ ref('tag_input__reopened') }} as r on b.as_of_date = r.as_of_date and b.customer_id = r.customer_id
    left join {{ ref('tag_input__fallen') }} as f on b.as_of_date = f.as_of_date and b.customer_id = f.customer_id
    left join {{ ref('tag_input__won_back') }} as w on b.as_of_date = w.as_of_date and b.customer_id = w.customer_id
    left join {{ ref('tags_products') }} as p on b.as_of_date = p.as_of_date and b.customer_id = p.customer_id
    left join {{ ref('tags_card') }} as k on b.as_of_date = k.as_of_date and b.customer_id = k.customer_id
    left join {{ ref('tag_input__first_week') }} as h on b.as_of_date = h.as_of_date and b.customer_id = h.customer_id
    left join closed_out as n on b.as_of_date = n.as_of_date and b.customer_id = n.customer_id
),

flags as (
    select
        inputs.*,
        {{ days_between('relation_start_date', 'as_of_date') }} <= {{ tag_parameter('honeymoon_days') }} as is_honeymoon,
        coalesce(month_average_amount >= (1 + {{ tag_parameter('growing_rise') }}) * average_3_months_ago
            and month_average_amount - average_3_months_ago >= {{ tag_parameter('growing_min_rise') }}, false) as is_growing,
        (coalesce(average_3_months_ago, 0) > 0
            and month_average_amount <= (1 - {{ tag_parameter('declining_fall') }}) * average_3_months_ago)
            or (txn_count_before >= {{ tag_parameter('declining_min_txn_count') }}
                and txn_count <= (1 - {{ tag_parameter('declining_txn_fall') }}) * txn_count_before) as is_declining,
        coalesce(not is_active_180d and month_average_amount < {{ tag_parameter('dormant_max_aum') }}
            and greatest(opened_date, history_start_date)
                <= cast(as_of_date - interval '{{ tag_parameter("dormant_days") }}' day as date)
            and history_start_date is not null, false) as is_dormant,
        was_away as is_win_back,
        aum_amount >= {{ tag_parameter('milestone_balance') }} as has_balance,
        coalesce(product_count, 0) >= 2 as has_second_product
    from inputs
),

staged as (
    select
        flags.*,
        case
            when is_lost then 'lost'
            when is_dormant then 'dormant'
            when is_honeymoon then 'honeymoon'
            when is_win_back then 'win_back'
            when is_declining then 'declining'
            when is_growing then 'growing'
            when month_average_amount >= {{ tag_parameter('mature_aum') }}
                or coalesce(product_count, 0) >= {{ tag_parameter('mature_products') }} then 'mature'
            else 'basic'
        end as lifecycle_stage
    from flags
),

{{ stage_starts('staged') }}

select
    s.customer_id,
    s.lifecycle_stage,
    s.is_honeymoon,
    case when s.is_honeymoon then {{ days_between('s.relation_start_date', 's.as_of_date') }} end as honeymoon_day,
    {%- for item in ['login', 'consent', 'talk', 'risk_test'] %}
    case when s.is_honeymoon then s.has_{{ item }}_7d end as has_first_meeting_{{ item }},
    {%- endfor %}
    case when s.is_honeymoon then s.has_login_7d and s.has_consent_7d and s.has_talk_7d and s.has_risk_test_7d end
        as is_first_meeting_done,
    {%- for item in milestones %}
    case when s.is_honeymoon then s.has_{{ item }} end as has_milestone_{{ item }},
    {%- endfor %}
    case when s.is_honeymoon then {% for item in milestones %}cast(s.has_{{ item }} as integer){{ ' + ' if not loop.last }}{% endfor %} end
        as honeymoon_milestone_count,
    case when s.is_honeymoon then case
        {%- for days in tag_parameter('milestone_days') %}
        when {{ days_between('s.relation_start_date', 's.as_of_date') }} <= {{ days }} then {{ days }}
        {%- endfor %} end end as honeymoon_deadline_day,
    s.is_growing,
    s.is_declining,
    s.is_dormant,
    s.is_lost,
    s.is_win_back,
    e.stage_start_date,
    {{ days_between('e.stage_start_date', 's.as_of_date') }} as days_in_stage,
    s.as_of_date
from staged as s
inner join stage_starts as e on s.as_of_date = e.as_of_date and s.customer_id = e.customer_id
