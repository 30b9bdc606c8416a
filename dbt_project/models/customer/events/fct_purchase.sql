{{ known_incremental() }}
-- The first sight of a contract. A row that later moves or corrects that first sight takes the old one back (row_sign -1).
with changes as (
    select v.*
    from {{ ref('dim_holding_version') }} as v
    inner join {{ ref('product_family_of') }} as f on v.product_id = f.product_id and f.is_purchase
    where {{ in_load_range('v.known_at') }}
),

corrected as (
    select
        c.contract_no, c.changed_date as correction_date, c.known_at,
        v.customer_id, v.product_id, v.start_date, v.market_value_amount, v.changed_date
    from changes as c
    inner join {{ ref('dim_holding_version') }} as v on c.contract_no = v.contract_no and {{ precedes('v', 'c') }}
    where c.is_late or c.changed_date = c.previous_changed_date
    qualify row_number() over (
        partition by c.contract_no, c.changed_date, c.known_at order by v.changed_date nulls last, v.known_at desc nulls last
    ) = 1
),

sightings as (
    select contract_no, customer_id, product_id, start_date, market_value_amount, 1 as row_sign, is_known_assumed, known_at
    from changes
    where not is_late and previous_changed_date is null
    union all
    select c.contract_no, c.customer_id, c.product_id, c.start_date, c.market_value_amount, 1, c.is_known_assumed, c.known_at
    from changes as c
    inner join corrected as o
        on c.contract_no = o.contract_no and c.changed_date = o.correction_date and c.known_at = o.known_at
            and o.correction_date <= o.changed_date
    union all
    select contract_no, customer_id, product_id, start_date, market_value_amount, -1, false, known_at
    from corrected
    where correction_date <= changed_date
)

select
    s.contract_no,
    s.customer_id,
    s.product_id,
    f.product_family,
    s.start_date as purchase_date,
    s.market_value_amount as amount,
    cast(sum(s.row_sign) as tinyint) as row_sign,
    min(s.is_known_assumed) as is_known_assumed,
    s.known_at
from sightings as s
inner join {{ ref('product_family_of') }} as f on s.product_id = f.product_id
group by s.contract_no, s.customer_id, s.product_id, f.product_family, s.start_date, s.market_value_amount, s.known_at
having sum(s.row_sign) <> 0
