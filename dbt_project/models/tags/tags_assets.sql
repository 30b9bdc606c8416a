{{ snapshot_incremental() }}
{%- set floors = tag_parameter('tier_floors') -%}
{%- set tiers = tag_parameter('tier_names') -%}
with loans as (
    select
        as_of_date,
        customer_id,
        cast(sum(balance_amount) as decimal(18, 2)) as loan_balance_amount,
        bool_or(loan_type = 'mortgage' and status = 'open') as has_mortgage
    from {{ ref('loan_as_of') }}
    where as_of_date in {{ snapshot_dates() }}
    group by as_of_date, customer_id
),

inputs as (
    select
        b.*,
        {{ tier_number('b.month_average_amount') }} as tier,
        case when b.average_1_month_ago is not null then {{ tier_number('b.average_1_month_ago') }} end as tier_before,
        coalesce(t.credit_amount_block1, 0) - coalesce(t.debit_amount_block1, 0) as net_inflow_amount,
        coalesce(t.highest_daily_net_3d, 0) as highest_daily_net,
        coalesce(t.lowest_daily_net_3d, 0) as lowest_daily_net,
        {{ tag_parameter('large_flow_multiple') }} * cast(coalesce(t.credit_amount_90d, 0) as double) / 90 as usual_credit,
        {{ tag_parameter('large_flow_multiple') }} * cast(coalesce(t.debit_amount_90d, 0) as double) / 90 as usual_debit,
        coalesce(l.loan_balance_amount, 0) as loan_balance_amount,
        coalesce(l.has_mortgage, false) as has_mortgage
    from {{ ref('tag_input__balance') }} as b
    left join {{ ref('tag_input__transaction') }} as t on b.as_of_date = t.as_of_date and b.customer_id = t.customer_id
    left join loans as l on b.as_of_date = l.as_of_date and b.customer_id = l.customer_id
)

select
    customer_id,
    aum_amount as aum_cny,
    month_average_amount as aum_month_avg_cny,
    case tier {%- for name in tiers %} when {{ loop.index }} then '{{ name }}'{% endfor %} end as aum_tier,
    tier - tier_before as aum_tier_change_count,
    coalesce(month_average_amount >= {{ 1 - tag_parameter('near_tier_gap') }} * next_floor, false) as is_near_next_tier,
    coalesce(month_average_amount <= {{ 1 + tag_parameter('tier_drop_margin') }} * own_floor and slope_30d < 0, false)
        as is_tier_drop_risk,
    peak_12m_amount as aum_peak_12m_cny,
    1 - {{ rate('month_average_amount', 'peak_12m_amount') }} as aum_attrition_rate,
    {{ rate('demand_amount', 'aum_amount', tag_parameter('share_min_aum')) }} as demand_share_rate,
    {{ rate('time_amount', 'aum_amount', tag_parameter('share_min_aum')) }} as time_share_rate,
    {{ rate('investment_amount', 'aum_amount', tag_parameter('share_min_aum')) }} as investment_share_rate,
    maturing_amount_30d as maturing_30d_cny,
    cast(net_inflow_amount as decimal(18, 2)) as net_inflow_30d_cny,
    highest_daily_net > 0 and highest_daily_net >= greatest({{ tag_parameter('large_flow_amount') }}, usual_credit) as is_large_inflow,
    lowest_daily_net < 0 and -lowest_daily_net >= greatest({{ tag_parameter('large_flow_amount') }}, usual_debit) as is_large_outflow,
    loan_balance_amount as loan_balance_cny,
    has_mortgage,
    case direction when 1 then 'up' when -1 then 'down' when 0 then 'flat' end as asset_direction,
    weighted_average_amount as aum_weighted_month_avg_cny,
    as_of_date
from (
    select
        inputs.*,
        case tier {%- for floor in floors %} when {{ loop.index }} then {{ floor }}{% endfor %} end as next_floor,
        case tier {%- for floor in floors %} when {{ loop.index + 1 }} then {{ floor }}{% endfor %} end as own_floor
    from inputs
) as tiered
