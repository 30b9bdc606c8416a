{{ config(materialized='table') }}
-- What needs single transactions: employers, spending groups and channels of the last 92 days.
with snapshots as (
    select distinct as_of_date from {{ source('control', 'snapshot_date') }}
),

transactions as (
    select
        s.as_of_date,
        t.customer_id,
        t.txn_date,
        t.counterparty_id,
        t.channel_id,
        t.amount * t.row_sign as signed_amount,
        t.row_sign,
        t.is_credit and t.txn_code = 'salary' as is_salary,
        t.is_credit and t.counterparty_type = 'employer' as is_employer_credit,
        case when t.txn_code in ('consume', 'refund') and {{ within_days('t.txn_date', 90) }}
            then {{ spend_group('t.mcc') }} end as spend_group,
        case when t.is_credit then -t.amount else t.amount end * t.row_sign as spend_amount,
        t.is_customer_initiated and t.txn_date > cast(s.as_of_date - interval '90' day as date) as is_initiated,
        cast(floor({{ days_between('t.txn_date', 's.as_of_date') }} / 31.0) as integer) as block
    from {{ ref('fct_transaction') }} as t
    inner join snapshots as s
        on {{ within_days('t.txn_date', 92) }} and t.known_at <= s.as_of_date
    where t.is_customer_initiated or (t.is_credit and (t.txn_code = 'salary' or t.counterparty_type = 'employer'))
),

employers as (
    select as_of_date, customer_id, counterparty_id, max(txn_date) as last_credit_date
    from transactions
    where is_salary and counterparty_id is not null
    group by as_of_date, customer_id, counterparty_id, txn_date
    having sum(row_sign) > 0
),

last_employers as (
    select
        as_of_date,
        customer_id,
        max_by(counterparty_id, cast(last_credit_date as {{ dbt.type_string() }}) || coalesce(counterparty_id, '')) as employer_id
    from employers
    group by as_of_date, customer_id
),

employer_blocks as (
    select as_of_date, customer_id, block, cast(sum(signed_amount) * 100 as decimal(19, 0)) as cents
    from transactions
    where is_employer_credit
    group by as_of_date, customer_id, block
    having sum(row_sign) > 0
),

rhythms as (
    select
        as_of_date,
        customer_id,
        cast(count(*) as integer) as employer_month_count,
        -- population standard deviation over mean, from exact sums of whole cents
        sqrt(greatest(0.0, count(*) * cast(sum(cents * cents) as double) - power(cast(sum(cents) as double), 2)))
            / nullif(cast(sum(cents) as double), 0) as employer_amount_cv
    from employer_blocks
    group by as_of_date, customer_id
),

spending as (
    select as_of_date, customer_id, spend_group, cast(sum(spend_amount) as decimal(18, 2)) as spend_amount
    from transactions
    where spend_group is not null
    group by as_of_date, customer_id, spend_group
    having sum(spend_amount) > 0
),

spend_shares as (
    select
        as_of_date,
        customer_id,
        spend_group,
        spend_amount,
        cast(spend_amount as double) / cast(sum(spend_amount) over (partition by as_of_date, customer_id) as double) as own_rate,
        cast(sum(spend_amount) over (partition by as_of_date, spend_group) as double)
            / cast(sum(spend_amount) over (partition by as_of_date) as double) as bank_rate
    from spending
),

spend_preferences as (
    select
        as_of_date,
        customer_id,
        case when own_rate >= {{ tag_parameter('spend_preference_lift') }} * bank_rate then spend_group else 'none' end
            as spend_preference
    from spend_shares
    qualify row_number() over (
        partition by as_of_date, customer_id order by spend_amount desc nulls last, spend_group asc nulls last) = 1
),

channel_counts as (
    select as_of_date, customer_id, channel_id, sum(row_sign) as interaction_count
    from transactions
    where is_initiated and channel_id is not null
    group by as_of_date, customer_id, channel_id
    having sum(row_sign) > 0
),

preferred as (
    select as_of_date, customer_id, channel_id from channel_counts
    qualify row_number() over (
        partition by as_of_date, customer_id order by interaction_count desc nulls last, channel_id asc nulls last) = 1
)

select
    coalesce(r.customer_id, e.customer_id, p.customer_id, s.customer_id) as customer_id,
    e.employer_id,
    coalesce(r.employer_month_count, 0) as employer_month_count,
    r.employer_amount_cv,
    p.channel_id as preferred_channel_id,
    s.spend_preference,
    coalesce(r.as_of_date, e.as_of_date, p.as_of_date, s.as_of_date) as as_of_date
from rhythms as r
full outer join last_employers as e on r.as_of_date = e.as_of_date and r.customer_id = e.customer_id
full outer join preferred as p
    on coalesce(r.as_of_date, e.as_of_date) = p.as_of_date and coalesce(r.customer_id, e.customer_id) = p.customer_id
full outer join spend_preferences as s
    on coalesce(r.as_of_date, e.as_of_date, p.as_of_date) = s.as_of_date
        and coalesce(r.customer_id, e.customer_id, p.customer_id) = s.customer_id
