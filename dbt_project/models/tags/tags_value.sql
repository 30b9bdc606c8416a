{{ snapshot_incremental() }}
select
    e.customer_id,
    e.total_amount as contribution_12m_cny,
    cast(e.deposit_margin_amount + e.lending_margin_amount as decimal(18, 2)) as contribution_margin_12m_cny,
    cast(e.fee_amount + e.card_amount + e.payment_amount as decimal(18, 2)) as contribution_fee_12m_cny,
    cast(e.channel_cost_amount + e.benefit_cost_amount as decimal(18, 2)) as contribution_cost_12m_cny,
    e.expected_loss_amount as contribution_loss_12m_cny,
    cast(ntile(5) over (partition by e.as_of_date, e.legal_entity
        order by e.total_amount asc nulls last, e.customer_id asc nulls last) as integer) as value_grade,
    coalesce(k.contact_cost_amount_90d, 0) as cost_to_serve_90d_cny,
    e.as_of_date
from {{ ref('customer_evaluation') }} as e
left join {{ ref('tag_input__contact') }} as k on e.as_of_date = k.as_of_date and e.customer_id = k.customer_id
where e.as_of_date in {{ snapshot_dates() }} and e.caliber_version = (select c.caliber_version from {{ ref('caliber') }} as c where c.is_current)
