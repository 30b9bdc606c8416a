{{ config(materialized='table') }}
-- Month-ends at which a customer who is back was lost, by the very rule of TAG-L09 and as known then.
-- Only customers who ever had a peak to fall from, or an account to close, look further back than their months.
with month_ends as (
    {{ past_month_ends(11) | indent(4) }}
),

peaked as (
    select b.as_of_date, b.customer_id, b.history_start_date
    from {{ ref('tag_input__back') }} as b
    inner join {{ ref('fct_balance_month') }} as m
        on b.customer_id = m.customer_id and m.aum_average_amount >= {{ tag_parameter('lost_min_peak') }}
            and m.month_end_date > last_day(cast(b.as_of_date - interval '23' month as date))
            and m.month_end_date < b.as_of_date and m.known_at <= b.as_of_date
    group by b.as_of_date, b.customer_id, b.history_start_date
),

-- a month without a row is a month without money
levels as (
    select
        p.as_of_date,
        e.month_end_date as on_date,
        p.customer_id,
        coalesce(sum(m.aum_end_amount) filter (where m.month_end_date = e.month_end_date), 0) as aum_amount,
        max(m.aum_average_amount) as peak_12m_amount
    from peaked as p
    inner join month_ends as e on p.as_of_date = e.as_of_date and e.month_end_date >= p.history_start_date
    inner join {{ ref('fct_balance_month') }} as m
        on p.customer_id = m.customer_id and m.month_end_date <= e.month_end_date
            and m.month_end_date > last_day(cast(e.month_end_date - interval '12' month as date))
            and m.known_at <= p.as_of_date
    group by p.as_of_date, e.month_end_date, p.customer_id
),

{{ fallen('levels') }},

closing as (
    select distinct b.as_of_date, b.customer_id, b.history_start_date
    from {{ ref('tag_input__back') }} as b
    inner join {{ ref('dim_account_version') }} as a
        on b.customer_id = a.customer_id and a.status = 'closed' and a.known_at <= b.as_of_date
),

then_open as (
    select v.account_id, v.customer_id, v.status, v.as_of_date
    from (
        {{ versions_at(ref('dim_account_version'), ['account_id'], ['customer_id', 'status', 'opened_date'],
                       '(select distinct month_end_date as as_of_date from month_ends)') | indent(8) }}
    ) as v
    where v.opened_date <= v.as_of_date and v.customer_id in (select customer_id from closing)
),

closed_out as (
    {{ closed_out('then_open') | indent(4) }}
)

select as_of_date, on_date as month_end_date, customer_id from fallen
union
select e.as_of_date, e.month_end_date, c.customer_id
from closing as c
inner join month_ends as e on c.as_of_date = e.as_of_date and e.month_end_date >= c.history_start_date
inner join closed_out as o on c.customer_id = o.customer_id and e.month_end_date = o.as_of_date
