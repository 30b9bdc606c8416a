{{ snapshot_incremental() }}
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
        bool_or(product_family = 'custody') as is_securities_custody,
        bool_or(product_family = 'insurance') as is_insurance_client
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

select
    b.customer_id,
    coalesce(counted.product_count, 0) as product_count,
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
    coalesce(counted.is_insurance_client, false) as is_insurance_client,
    pension_accounts.customer_id is not null as has_private_pension_account,
    coalesce(p.pension_amount_ytd, 0) as private_pension_paid_ytd_cny,
    coalesce(counted.is_securities_custody, false) as is_securities_custody,
    coalesce(held.is_cd_holder, false) as is_cd_holder,
    held.max_risk_level_held,
    b.as_of_date
from {{ ref('tag_input__balance') }} as b
left join counted on b.as_of_date = counted.as_of_date and b.customer_id = counted.customer_id
left join held on b.as_of_date = held.as_of_date and b.customer_id = held.customer_id
left join pension_accounts on b.as_of_date = pension_accounts.as_of_date and b.customer_id = pension_accounts.customer_id
left join {{ ref('tag_input__purchase') }} as p on b.as_of_date = p.as_of_date and b.customer_id = p.customer_id
