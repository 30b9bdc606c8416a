{{ config(materialized='table') }}
-- One scan of a year of customer-days per snapshot date; every transaction window of the tags is a conditional sum here.
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

-- Corrections are signed rows of the same day: net them first, so that "a day with" and "the last day with" hold.
days as (
    select
        s.as_of_date,
        d.customer_id,
        d.txn_date,
        sum(d.initiated_count) as initiated_count,
        sum(d.initiated_amount) as initiated_amount,
        sum(d.external_credit_amount) as credit_amount,
        sum(d.external_debit_amount) as debit_amount,
        sum(d.salary_amount) as salary_amount,
        sum(d.salary_count) as salary_count,
        sum(d.pension_amount) as pension_amount,
        sum(d.pension_count) as pension_count,
        sum(d.card_spend_amount) as card_spend_amount,
        sum(d.card_spend_count) as card_spend_count,
        sum(d.education_amount) as education_amount,
        sum(d.education_count) as education_count,
        sum(d.securities_count) as securities_count,
        sum(d.securities_net_amount) as securities_net_amount,
        sum(d.receipt_count) as receipt_count
    from {{ ref('fct_transaction_day') }} as d
    inner join snapshots as s
        on {{ within_days('d.txn_date', 365) }} and d.known_at <= s.as_of_date
    group by s.as_of_date, d.customer_id, d.txn_date
)

select
    customer_id,
    max(txn_date) filter (where initiated_count > 0) as last_initiated_date,
    cast(sum(initiated_count) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as integer) as initiated_count_90d,
    cast(sum(initiated_count) filter (where {{ in_block('txn_date', 2, days=90) }}) as integer) as initiated_count_91_180d,
    cast(sum(initiated_amount) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as decimal(18, 2))
        as initiated_amount_90d,
    cast(sum(credit_amount) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as decimal(18, 2)) as credit_amount_90d,
    cast(sum(debit_amount) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as decimal(18, 2)) as debit_amount_90d,
    {%- for block in range(1, 7) %}
    cast(sum(credit_amount) filter (where {{ in_block('txn_date', block) }}) as decimal(18, 2)) as credit_amount_block{{ block }},
    cast(sum(debit_amount) filter (where {{ in_block('txn_date', block) }}) as decimal(18, 2)) as debit_amount_block{{ block }},
    {%- endfor %}
    {%- for block in range(1, 4) %}
    cast(count(*) filter (where receipt_count > 0 and {{ in_block('txn_date', block) }}) as integer)
        as receipt_day_count_block{{ block }},
    {%- endfor %}
    cast(max(credit_amount - debit_amount)
        filter (where {{ within_days('txn_date', tag_parameter('large_flow_days'), 'as_of_date') }}) as decimal(18, 2))
        as highest_daily_net_3d,
    cast(min(credit_amount - debit_amount)
        filter (where {{ within_days('txn_date', tag_parameter('large_flow_days'), 'as_of_date') }}) as decimal(18, 2))
        as lowest_daily_net_3d,
    cast(sum(salary_count) filter (where {{ within_days('txn_date', 92, 'as_of_date') }}) as integer) as salary_count_92d,
    cast(sum(salary_amount) filter (where {{ within_days('txn_date', 92, 'as_of_date') }}) as decimal(18, 2)) as salary_amount_92d,
    cast(sum(salary_count) filter (where {{ within_days('txn_date', tag_parameter('payroll_stop_days'), 'as_of_date') }})
        as integer) as salary_count_45d,
    cast(sum(salary_count) filter (where txn_date > cast(as_of_date - interval '152' day as date)
        and txn_date <= cast(as_of_date - interval '60' day as date)) as integer) as salary_count_61_152d,
    cast(sum(pension_count) filter (where {{ within_days('txn_date', 60, 'as_of_date') }}) as integer) as pension_count_60d,
    cast(sum(pension_amount) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as decimal(18, 2)) as pension_amount_90d,
    cast(sum(card_spend_amount) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as decimal(18, 2))
        as card_spend_amount_90d,
    cast(sum(card_spend_count) filter (where {{ within_days('txn_date', 180, 'as_of_date') }}) as integer) as card_spend_count_180d,
    cast(sum(card_spend_amount) as decimal(18, 2)) as card_spend_amount_365d,
    cast(sum(education_amount) filter (where {{ within_days('txn_date', 180, 'as_of_date') }}) as decimal(18, 2))
        as education_amount_180d,
    cast(sum(education_count) filter (where {{ within_days('txn_date', 180, 'as_of_date') }}) as integer) as education_count_180d,
    cast(count(distinct date_trunc('month', txn_date))
        filter (where education_count > 0 and {{ within_days('txn_date', 180, 'as_of_date') }}) as integer)
        as education_month_count_180d,
    cast(sum(securities_count) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as integer) as securities_count_90d,
    cast(sum(securities_net_amount) filter (where {{ within_days('txn_date', 90, 'as_of_date') }}) as decimal(18, 2))
        as securities_net_amount_90d,
    as_of_date
from days
group by as_of_date, customer_id
