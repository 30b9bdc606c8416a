select
    r.contract_no,
    r.customer_id,
    r.product_id,
    cast(market_value_cny as decimal(18, 2)) as market_value_amount,
    cast(cost_cny as decimal(18, 2)) as cost_amount,
    r.start_date,
    r.maturity_date,
    coalesce(auto_renew, false) as is_auto_renew,
    r.dt as changed_date,
    r.is_known_assumed,
    r.known_at
from {{ source('core', 'core_holding') }} as r
