{{ snapshot_incremental() }}
{%- set families = tag_parameter('gap_families') -%}
with families as (
    select as_of_date, customer_id, product_family from {{ ref('holding_as_of') }} where as_of_date in {{ snapshot_dates() }}
    union all
    select as_of_date, customer_id, 'card' as product_family from {{ ref('card_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open'
    union all
    select as_of_date, customer_id, 'loan' as product_family from {{ ref('loan_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open' and balance_amount > 0
    union all
    select as_of_date, customer_id, 'custody' as product_family from {{ ref('account_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status <> 'closed' and product_family = 'custody'
),

counted as (
    select
        as_of_date,
        customer_id,
        cast(count(distinct product_family) as integer) as product_count,
        {%- for family in families %}
        bool_or(product_family = '{{ family }}') as has_{{ family }},
        {%- endfor %}
        {{ family_list(families, "bool_or(product_family = '__family__')") }} as product_families
    from families
    group by as_of_date, customer_id
),

held as (
    select
        h.as_of_date,
        h.customer_id,
        max(h.risk_level) as max_risk_level_held,
        bool_or(h.product_family = 'time' and p.minimum_amount >= {{ tag_parameter('cd_min_amount') }}) as is_cd_holder
    from {{ ref('holding_as_of') }} as h
    left join (
        {{ versions_at(ref('dim_product_version'), ['product_id'], ['minimum_amount'], snapshot_dates()) | indent(8) }}
    ) as p on h.as_of_date = p.as_of_date and h.product_id = p.product_id
    where h.as_of_date in {{ snapshot_dates() }}
    group by h.as_of_date, h.customer_id
),

pension_accounts as (
    select distinct as_of_date, customer_id from {{ ref('account_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status <> 'closed' and product_family = 'pension'
    union
    select distinct as_of_date, customer_id from {{ ref('holding_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and product_family = 'pension'
)
,

-- who resembles a customer: the same asset tier and age band
alike as (
    select
        b.as_of_date,
        b.customer_id,
        {{ tier_number('b.month_average_amount') }} as tier,
        coalesce({{ age_band(age_at('c.birth_date', 'c.as_of_date')) }}, 'unknown') as age_band,
        c.is_mobile_signed,
        c.is_sms_alert_signed,
        {%- for family in families %}
        counted.has_{{ family }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('tag_input__balance') }} as b
    inner join {{ ref('customer_as_of') }} as c on b.as_of_date = c.as_of_date and b.customer_id = c.customer_id
    left join counted on b.as_of_date = counted.as_of_date and b.customer_id = counted.customer_id
),

quickpay as (
    select distinct as_of_date, customer_id from {{ ref('card_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open' and quickpay_binding_count > 0
),

peers as (
    select
        as_of_date,
        tier,
        age_band,
        {%- for family in families %}
        count(*) filter (where has_{{ family }}) >= {{ tag_parameter('gap_peer_share') }} * count(*) as is_usual_{{ family }},
        {%- endfor %}
        count(*) as peer_count
    from alike
    group by as_of_date, tier, age_band
),

gaps as (
    select
        a.as_of_date,
        a.customer_id,
        {{ family_list(families, 'p.is_usual___family__ and not coalesce(a.has___family__, false)') }} as product_gap
    from alike as a
    inner join peers as p on a.as_of_date = p.as_of_date and a.tier = p.tier and a.age_band = p.age_band
    where p.peer_count >= {{ tag_parameter('gap_min_peers') }}
)

select
    b.customer_id,
    coalesce(counted.product_count, 0) as product_count,
    coalesce(nullif(counted.product_families, ''), 'none') as product_families,
    coalesce(counted.product_count = 1, false) as is_single_product,
    p.first_wealth_purchase_date,
    case when {{ within_days('p.last_purchase_date', 365, 'b.as_of_date') }}
        then {{ days_between('p.last_purchase_date', 'b.as_of_date') }} end as days_since_purchase,
    coalesce(p.time_purchase_count_24m
            - case when p.first_time_purchase_date > cast(b.as_of_date - interval '24' month as date) then 1 else 0 end
            >= {{ tag_parameter('time_lover_renewals') }}
        and {{ rate('b.time_amount', 'b.aum_amount', tag_parameter('share_min_aum')) }} >= {{ tag_parameter('time_lover_share') }},
        false) as is_time_deposit_lover,
    {{ consecutive_blocks('p.fund_purchase_count_block', 4, tag_parameter('regular_investor_blocks')) }} as is_regular_investor,
    coalesce(counted.has_insurance, false) as is_insurance_client,
    pension_accounts.customer_id is not null as has_private_pension_account,
    coalesce(p.pension_amount_ytd, 0) as private_pension_paid_ytd_cny,
    coalesce(counted.has_custody, false) as is_securities_custody,
    coalesce(held.is_cd_holder, false) as is_cd_holder,
    alike.is_mobile_signed as has_mobile_bank,
    alike.is_sms_alert_signed as has_sms_alert,
    quickpay.customer_id is not null as has_quickpay,
    held.max_risk_level_held,
    case when gaps.customer_id is not null then coalesce(nullif(gaps.product_gap, ''), 'none') end as product_gap,
    b.as_of_date
from {{ ref('tag_input__balance') }} as b
left join counted on b.as_of_date = counted.as_of_date and b.customer_id = counted.customer_id
left join alike on b.as_of_date = alike.as_of_date and b.customer_id = alike.customer_id
left join quickpay on b.as_of_date = quickpay.as_of_date and b.customer_id = quickpay.customer_id
left join held on b.as_of_date = held.as_of_date and b.customer_id = held.customer_id
left join pension_accounts on b.as_of_date = pension_accounts.as_of_date and b.customer_id = pension_accounts.customer_id
left join {{ ref('tag_input__purchase') }} as p on b.as_of_date = p.as_of_date and b.customer_id = p.customer_id
left join gaps on b.as_of_date = gaps.as_of_date and b.customer_id = gaps.customer_id
