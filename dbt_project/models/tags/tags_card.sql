{{ snapshot_incremental() }}
with cards as (
    select
        as_of_date,
        customer_id,
        bool_or(activated_date is not null) as is_card_activated,
        bool_or(first_txn_date <= cast(activated_date + interval '{{ tag_parameter("first_swipe_days") }}' day as date)
            and first_txn_date <= as_of_date) as is_first_swipe_30d,
        cast(coalesce(sum(quickpay_binding_count), 0) as integer) as quickpay_binding_count,
        sum(credit_limit_amount) as credit_limit_amount,
        sum(used_limit_amount) as used_limit_amount,
        bool_or(activated_date <= cast(as_of_date - interval '180' day as date)) as is_long_activated
    from {{ ref('card_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open'
    group by as_of_date, customer_id
)

select
    c.customer_id,
    coalesce(k.is_card_activated, false) as has_active_card,
    case when k.is_card_activated then coalesce(k.is_first_swipe_30d, false) end as is_first_swipe_30d,
    coalesce(k.quickpay_binding_count, 0) as quickpay_binding_count,
    cast({{ mean_amount('coalesce(t.card_spend_amount_90d, 0)', 3) }} as decimal(18, 2)) as card_spend_month_avg_cny,
    {{ rate('k.used_limit_amount', 'k.credit_limit_amount') }} as card_utilisation_rate,
    coalesce(k.is_long_activated and coalesce(t.card_spend_count_180d, 0) <= 0, false) as is_sleeping_card,
    case
        when coalesce(s.bill_count_180d, 0) <= 0 then null
        when s.bill_minimum_count_180d >= {{ tag_parameter('payer_minimum_share') }} * s.bill_count_180d then 'minimum_payer'
        when s.instalment_plan_count_180d > 0 then 'instalment'
        when s.bill_full_count_180d < s.bill_count_180d then 'revolver'
        else 'transactor'
    end as card_payer_type,
    coalesce(s.instalment_plan_count_365d, 0) >= {{ tag_parameter('instalment_lover_plans') }} as is_instalment_lover,
    c.as_of_date
from {{ ref('customer_as_of') }} as c
left join cards as k on c.as_of_date = k.as_of_date and c.customer_id = k.customer_id
left join {{ ref('tag_input__transaction') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
left join {{ ref('tag_input__service') }} as s on c.as_of_date = s.as_of_date and c.customer_id = s.customer_id
where c.as_of_date in {{ snapshot_dates() }}
