{{ snapshot_incremental() }}
select
    h.contract_no,
    h.customer_id,
    h.product_id,
    f.product_family,
    p.risk_level,
    f.is_aum,
    h.market_value_amount,
    h.cost_amount,
    h.start_date,
    h.maturity_date,
    h.is_auto_renew,
    h.currency,
    h.as_of_date
from (
    {{ contract_at(snapshot_dates()) | indent(4) }}
) as h
left join {{ ref('product_family_of') }} as f on h.product_id = f.product_id
left join (
    {{ versions_at(ref('dim_product_version'), ['product_id'], ['risk_level'], snapshot_dates()) | indent(4) }}
) as p on h.product_id = p.product_id and h.as_of_date = p.as_of_date
where h.market_value_amount > 0
