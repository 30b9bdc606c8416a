{{ config(materialized='table') }}
-- What became of contracts: switches to the best rate at maturity (TAG-M02), and how soon what was bought was sold (TAG-M03).
-- Contracts come from the state before the run and the changes of the run; the history is not read.
{%- set families = (tag_parameter('yield_families') + tag_parameter('liquid_families')) | unique | list %}
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

contract_rows as (
    select contract_no, customer_id, product_id, market_value_amount, start_date, maturity_date, changed_date, known_at
    from {{ ref('dim_holding_version') }}
    where {{ in_load_range('known_at') }} and not is_late
    union all
    select contract_no, customer_id, product_id, market_value_amount, start_date, maturity_date, changed_date, known_at
    from {{ ref('holding_state') }}
    where
        state_date = (select max(state_date) from {{ ref('holding_state') }} where state_date < {{ load_from_date() }})
        and changed_date < {{ load_from_date() }}
),

contracts as (
    select r.*, f.product_family, s.as_of_date
    from contract_rows as r
    inner join {{ ref('product_family_of') }} as f
        on r.product_id = f.product_id and f.product_family in ({{ quoted(families) }})
    inner join snapshots as s on greatest(r.changed_date, r.known_at) <= s.as_of_date
    qualify row_number() over (
        partition by s.as_of_date, r.contract_no
        order by greatest(r.changed_date, r.known_at) desc nulls last, r.changed_date desc nulls last, r.known_at desc nulls last
    ) = 1
),

redeemed as (
    select
        as_of_date,
        customer_id,
        count(*) as ended_count,
        count(*) filter (where changed_date <= cast(start_date + interval '{{ tag_parameter("liquid_days") }}' day as date)
            and (maturity_date is null or changed_date < maturity_date)) as early_count
    from contracts
    where product_family in ({{ quoted(tag_parameter('liquid_families')) }}) and market_value_amount <= 0
        and {{ within_days('changed_date', 180, 'as_of_date') }}
    group by as_of_date, customer_id
),

bought as (
    select s.as_of_date, p.contract_no, p.customer_id, p.product_id, p.product_family, p.purchase_date
    from {{ ref('fct_purchase') }} as p
    inner join snapshots as s
        on p.purchase_date > cast(s.as_of_date - interval '12' month as date) and p.purchase_date <= s.as_of_date
            and p.known_at <= s.as_of_date
    where p.product_family in ({{ quoted(tag_parameter('yield_families')) }})
    group by s.as_of_date, p.contract_no, p.customer_id, p.product_id, p.product_family, p.purchase_date
    having sum(p.row_sign) > 0
),

-- bought within some days of the end of another contract, and another product
reinvested as (
    select distinct b.as_of_date, b.contract_no, b.customer_id, b.product_id, b.purchase_date
    from bought as b
    inner join contracts as c
        on b.as_of_date = c.as_of_date and b.customer_id = c.customer_id and b.product_id <> c.product_id
            and c.maturity_date <= b.purchase_date
            and c.maturity_date >= cast(b.purchase_date - interval '{{ tag_parameter("yield_switch_days") }}' day as date)
    where c.product_family in ({{ quoted(tag_parameter('yield_families')) }})
),

-- the best rates that were on sale on the days of purchase, as known on those days
best_products as (
    select as_of_date as purchase_date, product_id
    from (
        {{ versions_at(ref('dim_product_version'), ['product_id'], ['product_family', 'expected_rate', 'is_on_sale'],
            '(select distinct purchase_date as as_of_date from reinvested)') | indent(8) }}
    ) as offered
    where is_on_sale and expected_rate is not null
    qualify rank() over (partition by as_of_date, product_family order by expected_rate desc nulls last) = 1
),

switched as (
    select r.as_of_date, r.customer_id, count(*) as switch_count
    from reinvested as r
    inner join best_products as p on r.purchase_date = p.purchase_date and r.product_id = p.product_id
    group by r.as_of_date, r.customer_id
)

select
    coalesce(s.customer_id, r.customer_id) as customer_id,
    cast(coalesce(s.switch_count, 0) as integer) as top_rate_switch_count_12m,
    cast(r.early_count as double) / r.ended_count as early_redemption_rate_180d,
    coalesce(s.as_of_date, r.as_of_date) as as_of_date
from switched as s
full outer join redeemed as r on s.as_of_date = r.as_of_date and s.customer_id = r.customer_id
