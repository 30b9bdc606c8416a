{{ known_incremental() }}
-- What each change adds to a customer's balance of a family, on its own date. A late row adds its difference to what was
-- believed of that date, and takes it back on the contract's next change, which already tells the truth; where only
-- unchanged rows followed (they are not kept), on the newest of them.
with changes as (
    -- an overdrawn account is no asset
    select
        contract_no, customer_id, product_id, greatest(market_value_amount, 0) as market_value_amount,
        previous_customer_id, previous_product_id,
        greatest(previous_market_value_amount, 0) as previous_market_value_amount,
        superseding_date, is_late, changed_date, known_at
    from {{ ref('dim_holding_version') }}
    where {{ in_load_range('known_at') }}
),

late as (
    select l.contract_no, l.changed_date, l.known_at, v.changed_date as other_date, v.known_at as other_known_at,
        v.customer_id, v.product_id, greatest(v.market_value_amount, 0) as market_value_amount
    from (select * from changes where is_late) as l
    inner join {{ ref('dim_holding_version') }} as v on l.contract_no = v.contract_no and {{ precedes('v', 'l') }}
),

believed as (
    select * from late
    where other_date <= changed_date
    qualify row_number() over (
        partition by contract_no, changed_date, known_at order by other_date desc nulls last, other_known_at desc nulls last
    ) = 1
),

next_change as (
    select c.contract_no, c.changed_date, c.known_at, coalesce(min(l.other_date), c.superseding_date) as next_date
    from changes as c
    left join late as l
        on c.contract_no = l.contract_no and c.changed_date = l.changed_date and c.known_at = l.known_at
            and l.other_date > l.changed_date
    where c.is_late
    group by c.contract_no, c.changed_date, c.known_at, c.superseding_date
),

entries as (
    select customer_id, product_id, changed_date as balance_date, known_at, market_value_amount as amount
    from changes
    union all
    select previous_customer_id, previous_product_id, changed_date, known_at, -previous_market_value_amount
    from changes
    where previous_customer_id is not null
    union all
    select customer_id, product_id, changed_date, known_at, -market_value_amount from believed
    union all
    select c.customer_id, c.product_id, n.next_date, n.known_at, -c.market_value_amount
    from next_change as n
    inner join changes as c
        on n.contract_no = c.contract_no and n.changed_date = c.changed_date and n.known_at = c.known_at
    union all
    select b.customer_id, b.product_id, n.next_date, n.known_at, b.market_value_amount
    from next_change as n
    inner join believed as b
        on n.contract_no = b.contract_no and n.changed_date = b.changed_date and n.known_at = b.known_at
)

select
    e.customer_id,
    f.product_family,
    e.balance_date,
    cast(sum(e.amount) as decimal(18, 2)) as delta_amount,
    e.known_at
from entries as e
left join {{ ref('product_family_of') }} as f on e.product_id = f.product_id
group by e.customer_id, f.product_family, e.balance_date, e.known_at
having sum(e.amount) <> 0
