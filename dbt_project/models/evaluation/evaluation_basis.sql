{{ snapshot_incremental() }}
{%- set families = margin_families() %}
-- What a customer's evaluation rests on, before any rate: kept, so that a new caliber can be told of old dates too.
with balances as (
    select
        s.as_of_date,
        m.customer_id
        {%- for family in families %},
        sum(m.{{ family }}_end_amount) as {{ family }}_12m_amount
        {%- endfor %}
    from {{ ref('fct_balance_month') }} as m
    inner join {{ snapshot_dates() }} as s
        on m.month_end_date <= s.as_of_date and m.known_at <= s.as_of_date
            -- twelve month-ends on any day: one of them is the date itself, or none is
            and m.month_end_date > last_day(cast(cast(s.as_of_date + interval '1' day as date) - interval '13' month as date))
    group by s.as_of_date, m.customer_id
),

held as (
    select
        h.as_of_date,
        h.customer_id,
        h.market_value_amount,
        h.market_value_amount * cast(round(p.margin_bp * 100) as integer) as rated_amount,
        case when h.product_family in ({{ quoted(families) }}) then h.product_family else 'other' end as family
    from {{ ref('holding_as_of') }} as h
    inner join (
        {{ versions_at(ref('dim_product_version'), ['product_id'], ['margin_bp'], snapshot_dates()) | indent(8) }}
    ) as p on h.product_id = p.product_id and h.as_of_date = p.as_of_date
    where h.as_of_date in {{ snapshot_dates() }} and p.margin_bp is not null
),

mixes as (
    select
        as_of_date,
        customer_id
        {%- for family in families %},
        cast(round(cast(sum(rated_amount) filter (where family = '{{ family }}') as double)
            / cast(sum(market_value_amount) filter (where family = '{{ family }}') as double)) as integer) as {{ family }}_product_rate
        {%- endfor %}
    from held
    group by as_of_date, customer_id
),

loans as (
    select as_of_date, customer_id, sum(balance_amount) as balance_amount,
        sum(balance_amount) filter (where overdue_day_count >= 90) as overdue_amount
    from {{ ref('loan_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and status = 'open'
    group by as_of_date, customer_id
),

services as (
    select s.as_of_date, d.customer_id, sum(d.fee_product_amount + d.fee_other_amount) as fee_amount,
        sum(d.fee_card_amount) as card_fee_amount, sum(d.fee_payment_amount) as payment_fee_amount,
        sum(d.benefit_cost_amount) as benefit_cost_amount
    from {{ ref('fct_service_day') }} as d
    inner join {{ snapshot_dates() }} as s on {{ within_days('d.service_date', 365) }} and d.known_at <= s.as_of_date
    group by s.as_of_date, d.customer_id
),

minute_costs as (
    select as_of_date, object_id, max(quantity) as unit_cost
    from ({{ supply_at(snapshot_dates()) | indent(4) }}) as c
    where supply_kind = 'unit_cost' and object_type = 'visit_minute'
    group by as_of_date, object_id
),

visits as (
    select s.as_of_date, v.customer_id,
        cast(sum(v.serve_minute_count * v.row_sign * coalesce(b.unit_cost, a.unit_cost, 0)) as decimal(18, 2)) as visit_cost_amount
    from {{ ref('fct_visit') }} as v
    inner join {{ snapshot_dates() }} as s on {{ within_days('v.visit_date', 365) }} and v.known_at <= s.as_of_date
    left join minute_costs as b on s.as_of_date = b.as_of_date and v.branch_id = b.object_id
    left join minute_costs as a on s.as_of_date = a.as_of_date and a.object_id = 'all'
    group by s.as_of_date, v.customer_id
),

booked as (select min(known_at) as first_date from {{ ref('fct_service_day') }} where fee_amount <> 0)

select
    c.customer_id,
    c.legal_entity,
    {%- for family in families %}
    cast(coalesce(b.{{ family }}_12m_amount, 0) as decimal(18, 2)) as {{ family }}_12m_amount,
    m.{{ family }}_product_rate,
    {%- endfor %}
    cast(coalesce(l.balance_amount, 0) as decimal(18, 2)) as loan_balance_amount,
    cast(coalesce(l.overdue_amount, 0) as decimal(18, 2)) as loan_overdue_amount,
    cast(coalesce(t.card_spend_amount_365d, 0) as decimal(18, 2)) as card_spend_amount,
    coalesce((select first_date from booked) <= c.as_of_date, false) as is_fee_booked,
    cast(coalesce(f.fee_amount, 0) as decimal(18, 2)) as fee_amount,
    cast(coalesce(f.card_fee_amount, 0) as decimal(18, 2)) as card_fee_amount,
    cast(coalesce(f.payment_fee_amount, 0) as decimal(18, 2)) as payment_fee_amount,
    cast(coalesce(k.contact_cost_amount_365d, 0) as decimal(18, 2)) as contact_cost_amount,
    coalesce(v.visit_cost_amount, 0) as visit_cost_amount,
    cast(coalesce(f.benefit_cost_amount, 0) as decimal(18, 2)) as benefit_cost_amount,
    c.currency,
    c.as_of_date
from {{ ref('customer_as_of') }} as c
left join balances as b on c.as_of_date = b.as_of_date and c.customer_id = b.customer_id
left join mixes as m on c.as_of_date = m.as_of_date and c.customer_id = m.customer_id
left join loans as l on c.as_of_date = l.as_of_date and c.customer_id = l.customer_id
left join services as f on c.as_of_date = f.as_of_date and c.customer_id = f.customer_id
left join visits as v on c.as_of_date = v.as_of_date and c.customer_id = v.customer_id
left join {{ ref('tag_input__transaction') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
left join {{ ref('tag_input__contact') }} as k on c.as_of_date = k.as_of_date and c.customer_id = k.customer_id
where c.as_of_date in {{ snapshot_dates() }}
