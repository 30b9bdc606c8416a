{{ snapshot_incremental() }}
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

villages as (
    {{ village_at(snapshot_dates()) | indent(4) }}
),

inputs as (
    select
        a.as_of_date,
        a.customer_id,
        {{ rate('b.fund_amount', 'b.aum_amount', tag_parameter('share_min_aum')) }} as fund_share_rate,
        a.demand_share_rate + a.time_share_rate as deposit_share_rate,
        d.occupation_group,
        d.is_county,
        p.is_time_deposit_lover,
        coalesce(p.max_risk_level_held, 'R1') as max_risk_level,
        k.granted_amount,
        k.drawn_amount,
        coalesce(k.has_business_loan, false) as has_business_loan,
        {{ positive_net_blocks('i') }} as positive_net_blocks,
        coalesce(u.purchase_count_365d, 0) as purchase_count_12m,
        coalesce(n.latest_attempt_count_60d, 0) >= {{ tag_parameter('unreachable_attempts') }}
            and n.latest_connect_count_60d = 0 as is_unreachable,
        coalesce(w.top_rate_switch_count_12m, 0) as top_rate_switch_count_12m,
        w.early_redemption_rate_180d,
        coalesce(e.is_purchase_break, false) as is_purchase_break,
        coalesce(e.is_login_failure, false) as is_login_failure,
        coalesce(e.is_risk_test_break, false) as is_risk_test_break,
        case when v.benefit_granted_count_180d > 0
            then least(1.0, cast(v.benefit_redeemed_count_180d as double) / v.benefit_granted_count_180d) end
            as benefit_redemption_rate_180d,
        coalesce(v.last_queue_minutes > {{ tag_parameter('long_queue_minutes') }}, false) as is_long_queue,
        coalesce(v.has_stalled_application, false) as is_application_break,
        coalesce(c.title in ({{ quoted(tag_parameter('senior_titles')) }}), false) as has_senior_title,
        coalesce(c.is_legal_representative, false) as is_legal_representative,
        coalesce(i.dividend_amount_365d, 0) as dividend_12m_cny,
        c.village_id,
        c.village_stage,
        g.listed_count,
        g.granted_count
    from {{ ref('tags_assets') }} as a
    inner join {{ ref('tag_input__balance') }} as b on a.as_of_date = b.as_of_date and a.customer_id = b.customer_id
    inner join {{ ref('tags_demographics') }} as d on a.as_of_date = d.as_of_date and a.customer_id = d.customer_id
    inner join {{ ref('tags_products') }} as p on a.as_of_date = p.as_of_date and a.customer_id = p.customer_id
    left join credits as k on a.as_of_date = k.as_of_date and a.customer_id = k.customer_id
    left join {{ ref('tag_input__transaction') }} as i on a.as_of_date = i.as_of_date and a.customer_id = i.customer_id
    left join {{ ref('tag_input__contact') }} as n on a.as_of_date = n.as_of_date and a.customer_id = n.customer_id
    left join {{ ref('tag_input__purchase') }} as u on a.as_of_date = u.as_of_date and a.customer_id = u.customer_id
    left join {{ ref('tag_input__contract') }} as w on a.as_of_date = w.as_of_date and a.customer_id = w.customer_id
    left join {{ ref('tag_input__app') }} as e on a.as_of_date = e.as_of_date and a.customer_id = e.customer_id
    left join {{ ref('tag_input__service') }} as v on a.as_of_date = v.as_of_date and a.customer_id = v.customer_id
    left join {{ ref('customer_as_of') }} as c on a.as_of_date = c.as_of_date and a.customer_id = c.customer_id
    left join villages as g on c.as_of_date = g.as_of_date and c.village_id = g.village_id
    where a.as_of_date in {{ snapshot_dates() }}
)

select
    customer_id,
    is_time_deposit_lover and max_risk_level < 'R3' as is_motive_safety,
    top_rate_switch_count_12m >= {{ tag_parameter('yield_switches') }} as is_motive_yield,
    top_rate_switch_count_12m,
    coalesce(early_redemption_rate_180d >= {{ tag_parameter('liquid_share') }}, false) as is_motive_liquidity,
    early_redemption_rate_180d,
    coalesce(benefit_redemption_rate_180d >= {{ tag_parameter('benefit_share') }}, false) as is_motive_benefits,
    benefit_redemption_rate_180d,
    is_purchase_break,
    is_login_failure,
    is_risk_test_break,
    is_long_queue,
    is_application_break,
    is_unreachable,
    has_business_loan,
    fund_share_rate,
    deposit_share_rate,
    cast(positive_net_blocks as integer) as positive_inflow_count_6m,
    purchase_count_12m,
    has_senior_title,
    is_legal_representative,
    cast(dividend_12m_cny as decimal(18, 2)) as dividend_12m_cny,
    is_county and (coalesce(occupation_group = 'farmer', false) or village_id is not null) as is_rural,
    case when drawn_amount > 0 then 'drawn' when granted_amount is not null then 'granted' else village_stage end as credit_status,
    {{ rate('drawn_amount', 'granted_amount') }} as credit_drawdown_rate,
    {{ rate('granted_count', 'listed_count') }} as village_coverage_rate,
    as_of_date
from inputs
