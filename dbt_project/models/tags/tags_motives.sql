{{ snapshot_incremental() }}
{%- set parent_ages = tag_parameter('segment_parent_ages') -%}
with credits as (
    select
        as_of_date,
        customer_id,
        sum(granted_amount) as granted_amount,
        sum(drawn_amount) as drawn_amount,
        bool_or(loan_type = 'business') as has_business_loan
    from {{ ref('loan_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open' and loan_type in ('farmer', 'business')
    group by as_of_date, customer_id
),

inputs as (
    select
        a.as_of_date,
        a.customer_id,
        a.aum_month_avg_cny,
        a.aum_peak_12m_cny,
        a.demand_share_rate,
        a.time_share_rate,
        {{ rate('b.fund_amount', 'b.aum_amount', tag_parameter('share_min_aum')) }} as fund_share_rate,
        d.age,
        d.occupation_group,
        d.is_county,
        d.is_silver,
        d.is_parent,
        d.is_middle_class,
        t.is_merchant,
        t.is_payroll,
        t.salary_month_avg_cny,
        t.securities_count_90d,
        p.product_count,
        p.is_time_deposit_lover,
        coalesce(p.max_risk_level_held, 'R1') as max_risk_level,
        k.granted_amount,
        k.drawn_amount,
        coalesce(k.has_business_loan, false) as has_business_loan,
        {{ positive_net_blocks('i') }} as positive_net_blocks,
        coalesce(n.latest_attempt_count_60d, 0) >= {{ tag_parameter('unreachable_attempts') }}
            and n.latest_connect_count_60d = 0 as is_unreachable
    from {{ ref('tags_assets') }} as a
    inner join {{ ref('tag_input__balance') }} as b on a.as_of_date = b.as_of_date and a.customer_id = b.customer_id
    inner join {{ ref('tags_demographics') }} as d on a.as_of_date = d.as_of_date and a.customer_id = d.customer_id
    inner join {{ ref('tags_transactions') }} as t on a.as_of_date = t.as_of_date and a.customer_id = t.customer_id
    inner join {{ ref('tags_products') }} as p on a.as_of_date = p.as_of_date and a.customer_id = p.customer_id
    left join credits as k on a.as_of_date = k.as_of_date and a.customer_id = k.customer_id
    left join {{ ref('tag_input__transaction') }} as i on a.as_of_date = i.as_of_date and a.customer_id = i.customer_id
    left join {{ ref('tag_input__contact') }} as n on a.as_of_date = n.as_of_date and a.customer_id = n.customer_id
    where a.as_of_date in {{ snapshot_dates() }}
)

select
    customer_id,
    is_time_deposit_lover and max_risk_level < 'R3' as is_motive_safety,
    is_unreachable,
    case
        when aum_month_avg_cny < {{ tag_parameter('segment_min_aum') }} then null
        when aum_month_avg_cny >= {{ tag_parameter('segment_ultra_aum') }}
            or aum_peak_12m_cny >= {{ tag_parameter('segment_ultra_peak') }} then 'ultra_high_net_worth'
        when is_merchant or has_business_loan then 'small_business_owner'
        when (is_payroll and salary_month_avg_cny >= {{ tag_parameter('segment_gold_salary') }})
            or (occupation_group = 'professional' and aum_month_avg_cny >= {{ tag_parameter('segment_gold_aum') }})
            then 'gold_collar_professional'
        when securities_count_90d >= {{ tag_parameter('segment_investor_txns') }}
            or (fund_share_rate >= {{ tag_parameter('segment_investor_fund_share') }} and max_risk_level >= 'R4')
            then 'active_investor'
        when is_silver and time_share_rate >= {{ tag_parameter('segment_silver_time_share') }} then 'silver_wealth'
        when is_parent and age between {{ parent_ages[0] }} and {{ parent_ages[1] }} then 'parent_child_family'
        when is_middle_class and product_count >= {{ tag_parameter('segment_family_products') }} then 'middle_class_family'
        when age <= {{ tag_parameter('segment_young_age') }} and positive_net_blocks >= {{ tag_parameter('segment_young_blocks') }}
            then 'young_potential'
        when demand_share_rate + time_share_rate >= {{ tag_parameter('segment_saver_share') }} then 'conservative_saver'
        else 'other'
    end as wealth_segment,
    is_county and coalesce(occupation_group = 'farmer', false) as is_rural,
    case when granted_amount is null then null when drawn_amount > 0 then 'drawn' else 'granted' end as credit_status,
    {{ rate('drawn_amount', 'granted_amount') }} as credit_drawdown_rate,
    as_of_date
from inputs
