{{ config(materialized='table') }}
-- Balances per snapshot date: end of day, month-to-date daily average, and the closed months before.
-- The average needs no daily rows: end-of-day value minus each change of the month times the share of days before it.
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

held as (
    select
        as_of_date,
        customer_id,
        cast(sum(market_value_amount) as decimal(18, 2)) as aum_amount,
        cast(coalesce(sum(market_value_amount) filter (where product_family = 'demand'), 0) as decimal(18, 2)) as demand_amount,
        cast(coalesce(sum(market_value_amount) filter (where product_family = 'time'), 0) as decimal(18, 2)) as time_amount,
        cast(coalesce(sum(market_value_amount) filter (where product_family = 'fund'), 0) as decimal(18, 2)) as fund_amount,
        cast(coalesce(sum(market_value_amount)
            filter (where product_family in ({{ quoted(tag_parameter('investment_families')) }})), 0) as decimal(18, 2))
            as investment_amount,
        cast(sum(market_value_amount * {{ family_weight('product_family') }}) as decimal(22, 4)) as weighted_amount,
        cast(coalesce(sum(market_value_amount) filter (where maturity_date > as_of_date
            and maturity_date <= cast(as_of_date + interval '30' day as date)), 0) as decimal(18, 2)) as maturing_amount_30d
    from {{ ref('holding_as_of') }}
    where as_of_date in {{ snapshot_dates() }} and is_aum
    group by as_of_date, customer_id
),

changes as (
    select
        s.as_of_date,
        c.customer_id,
        -- day n of the month was preceded by n - 1 days without the change
        cast(sum(c.delta_amount * (extract(day from c.balance_date) - 1))
            filter (where c.balance_date >= cast(date_trunc('month', s.as_of_date) as date)) as decimal(22, 2)) as missing_total,
        cast(sum(c.delta_amount * {{ family_weight('c.product_family') }} * (extract(day from c.balance_date) - 1))
            filter (where c.balance_date >= cast(date_trunc('month', s.as_of_date) as date)) as decimal(22, 4))
            as missing_weighted_total,
        -- twice the numerator of the least-squares slope of the last 30 daily values; 0 for a change on the first of them
        cast(sum(c.delta_amount * (29 - {{ days_between('c.balance_date', 's.as_of_date') }})
            * (1 + {{ days_between('c.balance_date', 's.as_of_date') }}))
            filter (where {{ within_days('c.balance_date', 30) }}) as double) as slope_30d,
        {%- for week in range(1, tag_parameter('direction_weeks') + 1) %}
        sum(c.delta_amount) filter (where {{ within_days('c.balance_date', 7 * week) }}) as change_{{ week }}w,
        {%- endfor %}
        cast(coalesce(sum(c.delta_amount) filter (where {{ within_days('c.balance_date', 30) }}), 0) as decimal(18, 2)) as change_30d
    from {{ ref('fct_balance_change') }} as c
    inner join snapshots as s
        on {{ within_days('c.balance_date', 7 * tag_parameter('direction_weeks')) }} and c.known_at <= s.as_of_date
    where c.product_family in ({{ quoted(tag_parameter('family_weights').keys()) }})
    group by s.as_of_date, c.customer_id
),

months as (
    select
        s.as_of_date,
        m.customer_id,
        max(m.aum_average_amount) filter (where m.month_end_date > last_day(cast(s.as_of_date - interval '12' month as date)))
            as closed_peak_amount,
        max(m.aum_average_amount) filter (where m.month_end_date = last_day(cast(s.as_of_date - interval '1' month as date)))
            as average_1_month_ago,
        max(m.aum_average_amount) filter (where m.month_end_date = last_day(cast(s.as_of_date - interval '3' month as date)))
            as average_3_months_ago
    from {{ ref('fct_balance_month') }} as m
    inner join snapshots as s
        on m.month_end_date < cast(date_trunc('month', s.as_of_date) as date)
            and m.month_end_date >= cast(s.as_of_date - interval '13' month as date)
            and m.known_at <= s.as_of_date
    group by s.as_of_date, m.customer_id
),

-- the month of the first month-end that is known: what lies before it is unknown, not zero
history as (
    select min(month_end_date) as first_month_end_date from {{ ref('fct_balance_month') }}
),

joined as (
    select
        coalesce(held.aum_amount, 0) as aum_amount,
        coalesce(held.demand_amount, 0) as demand_amount,
        coalesce(held.time_amount, 0) as time_amount,
        coalesce(held.fund_amount, 0) as fund_amount,
        coalesce(held.investment_amount, 0) as investment_amount,
        coalesce(held.maturing_amount_30d, 0) as maturing_amount_30d,
        {{ mean_amount("coalesce(held.aum_amount, 0) * extract(day from c.as_of_date) - coalesce(changes.missing_total, 0)",
            "extract(day from c.as_of_date)") }} as month_average_amount,
        {{ mean_amount("coalesce(held.weighted_amount, 0) * extract(day from c.as_of_date)"
            ~ " - coalesce(changes.missing_weighted_total, 0)", "extract(day from c.as_of_date)") }} as weighted_average_amount,
        coalesce(changes.slope_30d, 0) as slope_30d,
        case when date_trunc('month', history.first_month_end_date)
            <= cast(c.as_of_date - interval '{{ 7 * tag_parameter("direction_weeks") }}' day as date)
            then {{ direction('changes') }} end as direction,
        coalesce(changes.change_30d, 0) as change_30d,
        coalesce(months.closed_peak_amount, 0) as closed_peak_amount,
        case when last_day(cast(c.as_of_date - interval '1' month as date)) >= history.first_month_end_date
            then coalesce(months.average_1_month_ago, 0) end as average_1_month_ago,
        case when last_day(cast(c.as_of_date - interval '3' month as date)) >= history.first_month_end_date
            then coalesce(months.average_3_months_ago, 0) end as average_3_months_ago,
        cast(date_trunc('month', history.first_month_end_date) as date) as history_start_date,
        c.customer_id,
        c.as_of_date
    from {{ ref('customer_as_of') }} as c
    cross join history
    left join held on c.as_of_date = held.as_of_date and c.customer_id = held.customer_id
    left join changes on c.as_of_date = changes.as_of_date and c.customer_id = changes.customer_id
    left join months on c.as_of_date = months.as_of_date and c.customer_id = months.customer_id
    where c.as_of_date in {{ snapshot_dates() }}
)

select
    customer_id,
    aum_amount,
    demand_amount,
    time_amount,
    fund_amount,
    investment_amount,
    maturing_amount_30d,
    month_average_amount,
    weighted_average_amount,
    slope_30d,
    direction,
    change_30d,
    greatest(closed_peak_amount, month_average_amount) as peak_12m_amount,
    average_1_month_ago,
    average_3_months_ago,
    history_start_date,
    as_of_date
from joined
