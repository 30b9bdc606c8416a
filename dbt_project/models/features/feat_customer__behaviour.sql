{{ snapshot_incremental() }}
-- What the customer did lately, as numbers; no ids, no restricted and no predicted tags. Null stays null.
select
    t.customer_id,
    cast(t.days_since_txn as double) as days_since_txn,
    cast(t.txn_count_90d as double) as txn_count_90d,
    cast(coalesce(i.initiated_count_91_180d, 0) as double) as txn_count_before_90d,
    cast(t.txn_amount_90d_cny as double) as txn_amount_90d_cny,
    cast(coalesce(i.credit_amount_90d, 0) as double) as credit_90d_cny,
    cast(coalesce(i.debit_amount_90d, 0) as double) as debit_90d_cny,
    cast(t.net_inflow_30d_cny as double) as net_inflow_30d_cny,
    cast(coalesce(b.change_30d, 0) as double) as aum_change_30d_cny,
    case when t.is_large_inflow then 1 else 0 end as is_large_inflow,
    case when t.is_large_outflow then 1 else 0 end as is_large_outflow,
    cast(t.income_stability_rate as double) as income_stability_rate,
    cast(t.payroll_retention_rate as double) as payroll_retention_rate,
    cast(t.securities_count_90d as double) as securities_count_90d,
    cast(t.education_spend_180d_cny as double) as education_spend_180d_cny,
    cast(t.card_spend_month_avg_cny as double) as card_spend_month_avg_cny,
    t.login_days_30d,
    coalesce(a.login_days_90d, 0) as login_days_90d,
    coalesce(a.session_count_30d, 0) as session_count_30d,
    coalesce(a.browse_wealth_count_30d, 0) as browse_wealth_count_30d,
    coalesce(a.browse_fund_count_30d, 0) as browse_fund_count_30d,
    coalesce(a.browse_insurance_count_30d, 0) as browse_insurance_count_30d,
    coalesce(a.browse_wealth_count_7d, 0) as browse_wealth_count_7d,
    coalesce(a.calculator_count_7d, 0) as calculator_count_7d,
    cast(t.connect_rate_180d as double) as connect_rate_180d,
    cast(t.days_since_contact as double) as days_since_contact,
    t.contact_count_30d,
    cast(t.contact_fatigue_rate as double) as contact_fatigue_rate,
    t.as_of_date
from {{ ref('customer_tags_all') }} as t
left join {{ ref('tag_input__transaction') }} as i on t.as_of_date = i.as_of_date and t.customer_id = i.customer_id
left join {{ ref('tag_input__app') }} as a on t.as_of_date = a.as_of_date and t.customer_id = a.customer_id
left join {{ ref('tag_input__balance') }} as b on t.as_of_date = b.as_of_date and t.customer_id = b.customer_id
where t.as_of_date in {{ snapshot_dates() }}
