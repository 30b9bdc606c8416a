{{ snapshot_incremental() }}
{%- set high = tag_parameter('rfm_high') -%}
with inputs as (
    select
        c.as_of_date,
        c.customer_id,
        t.last_initiated_date,
        {{ days_between('t.last_initiated_date', 'c.as_of_date') }} as days_since_txn,
        coalesce(t.initiated_count_90d, 0) as txn_count_90d,
        coalesce(t.initiated_amount_90d, 0) as txn_amount_90d,
        coalesce(t.salary_count_92d, 0) as salary_count_92d,
        t.salary_amount_92d,
        coalesce(t.salary_count_45d, 0) as salary_count_45d,
        coalesce(t.salary_count_61_152d, 0) as salary_count_61_152d,
        coalesce(t.pension_count_60d, 0) as pension_count_60d,
        coalesce(t.securities_count_90d, 0) as securities_count_90d,
        coalesce(t.securities_net_amount_90d, 0) as securities_net_amount_90d,
        coalesce(t.education_amount_180d, 0) as education_amount_180d,
        coalesce(t.cross_border_count_180d, 0) as cross_border_count_180d,
        coalesce(p.employer_month_count, 0) >= {{ tag_parameter('payroll_employer_months') }}
            and p.employer_amount_cv < {{ tag_parameter('payroll_employer_cv') }} as has_employer_rhythm,
        p.employer_id,
        p.spend_preference,
        least(coalesce(t.receipt_day_count_block1, 0), coalesce(t.receipt_day_count_block2, 0),
            coalesce(t.receipt_day_count_block3, 0)) as least_receipt_days,
        {{ credit_stability('t') }} as income_stability_rate
    from {{ ref('customer_as_of') }} as c
    left join {{ ref('tag_input__transaction') }} as t on c.as_of_date = t.as_of_date and c.customer_id = t.customer_id
    left join {{ ref('tag_input__counterparty') }} as p on c.as_of_date = p.as_of_date and c.customer_id = p.customer_id
    where c.as_of_date in {{ snapshot_dates() }}
),

recency as (
    select as_of_date, customer_id, ntile(5) over (
        partition by as_of_date order by days_since_txn desc nulls last, customer_id asc nulls last) as r
    from inputs where last_initiated_date is not null
),

activity as (
    select
        as_of_date,
        customer_id,
        ntile(5) over (partition by as_of_date order by txn_count_90d asc nulls last, customer_id asc nulls last) as f,
        ntile(5) over (partition by as_of_date order by txn_amount_90d asc nulls last, customer_id asc nulls last) as m
    from inputs where txn_count_90d > 0
),

scored as (
    select i.*, recency.r, coalesce(activity.f, 1) as f, coalesce(activity.m, 1) as m, kept.payroll_retention_rate
    from inputs as i
    left join recency on i.as_of_date = recency.as_of_date and i.customer_id = recency.customer_id
    left join activity on i.as_of_date = activity.as_of_date and i.customer_id = activity.customer_id
    left join {{ ref('tag_input__salary') }} as kept on i.as_of_date = kept.as_of_date and i.customer_id = kept.customer_id
)

select
    customer_id,
    days_since_txn,
    txn_count_90d,
    cast(txn_amount_90d as decimal(18, 2)) as txn_amount_90d_cny,
    cast(r * 100 + f * 10 + m as integer) as rfm_score,
    case
        when r is null then 'lost'
        when r >= {{ high }} and f >= {{ high }} and m >= {{ high }} then 'champions'
        when r <= 2 and f >= {{ high }} and m >= {{ high }} then 'cannot_lose'
        when r >= 3 and f >= {{ high }} then 'loyal'
        when r >= {{ high }} and f <= 2 then 'new'
        when r >= 3 then 'potential'
        when f >= 3 or m >= 3 then 'at_risk'
        when r = 2 then 'hibernating'
        else 'lost'
    end as rfm_segment,
    salary_count_92d >= {{ tag_parameter('payroll_credits') }} or coalesce(has_employer_rhythm, false) as is_payroll,
    cast(case when salary_count_92d > 0 then {{ mean_amount('salary_amount_92d', 3) }} end as decimal(18, 2))
        as salary_month_avg_cny,
    payroll_retention_rate,
    employer_id,
    salary_count_61_152d >= {{ tag_parameter('payroll_credits') }} and salary_count_45d <= 0 as is_payroll_stopped,
    pension_count_60d > 0 as is_pension,
    spend_preference,
    income_stability_rate,
    securities_count_90d,
    cast(securities_net_amount_90d as decimal(18, 2)) as securities_net_90d_cny,
    cross_border_count_180d > 0 as is_cross_border,
    cross_border_count_180d,
    cast(education_amount_180d as decimal(18, 2)) as education_spend_180d_cny,
    least_receipt_days >= {{ tag_parameter('merchant_days_per_block') }} as is_merchant,
    as_of_date
from scored
