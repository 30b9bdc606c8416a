select
    r.product_id,
    r.family as product_family,
    r.name_zh,
    r.name_en,
    r.risk_level,
    cast(term_days as integer) as term_day_count,
    cast(min_amount as decimal(18, 2)) as minimum_amount,
    cast(expected_rate as double) as expected_rate,
    cast(margin_bp as double) as margin_bp,
    cast(quota_remaining as decimal(18, 2)) as quota_remaining_amount,
    coalesce(on_sale, false) as is_on_sale,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_product') }} as r
