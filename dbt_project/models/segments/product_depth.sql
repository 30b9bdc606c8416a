{{ snapshot_incremental() }}
-- The share of customers with one product only, per asset tier, with Wilson's 95 % interval.
with counted as (
    select as_of_date, aum_tier, cast(count(*) as double) as n, cast(count(*) filter (where is_single_product) as double) as k
    from {{ ref('customer_tags_all') }}
    where as_of_date in {{ snapshot_dates() }} and aum_tier is not null
    group by as_of_date, aum_tier
),

shared as (
    select counted.*, k / n as p, 1.959963984540054 * sqrt((k / n * (1 - k / n) + 0.960364705 / n) / n) as half,
        n >= {{ small_cell() }} as is_shown
    from counted
)

select
    aum_tier,
    case when is_shown then cast(n as bigint) end as customer_count,
    case when is_shown then cast(k as bigint) end as single_product_count,
    case when is_shown then p end as single_product_rate,
    case when is_shown then greatest(0.0, (p + 1.92072941 / n - half) / (1 + 3.84145882 / n)) end as low,
    case when is_shown then least(1.0, (p + 1.92072941 / n + half) / (1 + 3.84145882 / n)) end as high,
    not is_shown as is_hidden,
    as_of_date
from shared
