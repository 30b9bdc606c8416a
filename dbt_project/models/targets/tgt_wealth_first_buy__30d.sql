{{ known_incremental() }}
-- Did a customer who never had a wealth product buy one in the 30 days after? Known on the day the window closes: rows that
-- came later than that change no target, so a range equals its nights.
with snapshots as (
    select distinct as_of_date, cast(as_of_date + interval '30' day as date) as matured_date
    from {{ ref('customer_as_of') }}
    where {{ in_load_range("cast(as_of_date + interval '30' day as date)") }}
),

eligible as (
    select c.customer_id, c.as_of_date, s.matured_date
    from {{ ref('customer_as_of') }} as c
    inner join snapshots as s on c.as_of_date = s.as_of_date
    where {{ is_target_population('c') }}
),

purchases as (
    select
        s.as_of_date,
        p.customer_id,
        sum(p.row_sign) filter (where p.purchase_date <= s.as_of_date and p.known_at <= s.as_of_date) as count_before,
        sum(p.row_sign) filter (where p.purchase_date > s.as_of_date) as count_after
    from {{ ref('fct_purchase') }} as p
    inner join snapshots as s on p.purchase_date <= s.matured_date and p.known_at <= s.matured_date
    where p.product_family = 'wealth'
    group by s.as_of_date, p.customer_id
)

select
    e.customer_id,
    cast(case when p.count_after > 0 then 1 else 0 end as integer) as target,
    e.matured_date as known_at,
    e.as_of_date
from eligible as e
left join purchases as p on e.customer_id = p.customer_id and e.as_of_date = p.as_of_date
where coalesce(p.count_before, 0) = 0
