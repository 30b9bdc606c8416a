{{ known_incremental() }}
-- Did a customer with at least 10,000 of assets keep less than half of them 90 days later? Balances as known on that day.
with snapshots as (
    select distinct as_of_date, cast(as_of_date + interval '90' day as date) as matured_date
    from {{ ref('customer_as_of') }}
    where {{ in_load_range("cast(as_of_date + interval '90' day as date)") }}
),

held as (
    select h.customer_id, h.as_of_date, s.matured_date, sum(h.market_value_amount) as start_amount
    from {{ ref('holding_as_of') }} as h
    inner join snapshots as s on h.as_of_date = s.as_of_date
    where h.is_aum
    group by h.customer_id, h.as_of_date, s.matured_date
    having sum(h.market_value_amount) >= 10000
),

changes as (
    select b.customer_id, s.as_of_date, sum(b.delta_amount) as change_amount
    from {{ ref('fct_balance_change') }} as b
    inner join {{ ref('product_family') }} as f on b.product_family = f.product_family and f.is_aum
    inner join snapshots as s
        on greatest(b.balance_date, b.known_at) > s.as_of_date and greatest(b.balance_date, b.known_at) <= s.matured_date
    group by b.customer_id, s.as_of_date
)

select
    h.customer_id,
    cast(case when h.start_amount + coalesce(b.change_amount, 0) < h.start_amount * 0.5 then 1 else 0 end as integer) as target,
    h.matured_date as known_at,
    h.as_of_date
from held as h
inner join {{ ref('customer_as_of') }} as c on h.customer_id = c.customer_id and h.as_of_date = c.as_of_date
left join changes as b on h.customer_id = b.customer_id and h.as_of_date = b.as_of_date
where {{ is_target_population('c') }}
