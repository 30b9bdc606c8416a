{{ snapshot_incremental() }}
{%- set margins = tag_parameter('family_margin_bp') -%}
with balances as (
    select
        s.as_of_date,
        m.customer_id,
        cast(sum(
            {%- for family, margin in margins.items() %}
            m.{{ family }}_end_amount * {{ margin }}{{ ' +' if not loop.last }}
            {%- endfor %}
        ) as decimal(24, 2)) as margin_total
    from {{ ref('fct_balance_month') }} as m
    inner join {{ snapshot_dates() }} as s
        on m.month_end_date <= s.as_of_date and m.known_at <= s.as_of_date
            and m.month_end_date > last_day(cast(s.as_of_date - interval '12' month as date))
    group by s.as_of_date, m.customer_id
),

loans as (
    select
        as_of_date,
        customer_id,
        sum(balance_amount) as balance_amount,
        sum(balance_amount * case when overdue_day_count >= 90 then {{ tag_parameter('loss_overdue_bp') }}
            else {{ tag_parameter('loss_current_bp') }} end) as loss_total
    from {{ ref('loan_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open'
    group by as_of_date, customer_id
),

-- every component is rounded to the cent once, so that they add up to the total
components as (
    select
        c.as_of_date,
        c.customer_id,
        c.legal_entity,
        {{ mean_amount('coalesce(b.margin_total, 0)', 120000) }}
            + {{ mean_amount('coalesce(l.balance_amount, 0) * ' ~ tag_parameter('loan_margin_bp'), 10000) }} as margin_amount,
        {{ mean_amount('coalesce(t.card_spend_amount_365d, 0) * ' ~ tag_parameter('card_fee_bp'), 10000) }} as fee_amount,
        coalesce(k.contact_cost_amount_365d, 0) as cost_amount,
        {{ mean_amount('coalesce(l.loss_total, 0)', 10000) }} as loss_amount,
        coalesce(k.contact_cost_amount_90d, 0) as cost_amount_90d
    from {{ ref('customer_as_of') }} as c
    left join balances as b on c.as_of_date = b.as_of_date and c.customer_id = b.customer_id
    left join loans as l on c.as_of_date = l.as_of_date and c.customer_id = l.customer_id
    left join {{ ref('tag_input__transaction') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
    left join {{ ref('tag_input__contact') }} as k on c.as_of_date = k.as_of_date and c.customer_id = k.customer_id
    where c.as_of_date in {{ snapshot_dates() }}
),

summed as (
    select components.*, margin_amount + fee_amount - cost_amount - loss_amount as contribution_amount
    from components
)

select
    customer_id,
    cast(contribution_amount as decimal(18, 2)) as contribution_12m_cny,
    cast(margin_amount as decimal(18, 2)) as contribution_margin_12m_cny,
    cast(fee_amount as decimal(18, 2)) as contribution_fee_12m_cny,
    cast(cost_amount as decimal(18, 2)) as contribution_cost_12m_cny,
    cast(loss_amount as decimal(18, 2)) as contribution_loss_12m_cny,
    cast(ntile(5) over (partition by as_of_date, legal_entity
        order by contribution_amount asc nulls last, customer_id asc nulls last) as integer) as value_grade,
    cost_amount_90d as cost_to_serve_90d_cny,
    as_of_date
from summed
