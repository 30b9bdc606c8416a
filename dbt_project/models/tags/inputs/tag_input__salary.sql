{{ config(materialized='table') }}
-- What stays of a salary seven days after its credit, averaged over the credits whose seven days are over (TAG-T08).
with days as (
    select
        s.as_of_date,
        d.customer_id,
        d.txn_date,
        sum(d.salary_amount) as salary_amount,
        sum(d.external_debit_amount) as debit_amount
    from {{ ref('fct_transaction_measure') }} as d
    inner join {{ snapshot_dates() }} as s
        on {{ within_days('d.txn_date', 92) }} and d.known_at <= s.as_of_date
    where d.salary_amount <> 0 or d.external_debit_amount <> 0
    group by s.as_of_date, d.customer_id, d.txn_date
),

credits as (
    select as_of_date, customer_id, txn_date, salary_amount from days
    where salary_amount > 0 and txn_date <= cast(as_of_date - interval '7' day as date)
),

spent as (
    select
        c.as_of_date,
        c.customer_id,
        c.txn_date,
        cast(c.salary_amount as double) as salary_amount,
        cast(coalesce(sum(d.debit_amount), 0) as double) as debit_amount
    from credits as c
    left join days as d
        on c.as_of_date = d.as_of_date and c.customer_id = d.customer_id
            and d.txn_date > c.txn_date and d.txn_date <= cast(c.txn_date + interval '7' day as date)
    group by c.as_of_date, c.customer_id, c.txn_date, c.salary_amount
)

select
    customer_id,
    -- exact terms, so that the mean does not depend on the order of its rows
    cast(sum(cast(1 - least(1.0, greatest(0.0, debit_amount / nullif(salary_amount, 0))) as decimal(18, 12))) as double)
        / count(*) as payroll_retention_rate,
    as_of_date
from spent
group by as_of_date, customer_id
