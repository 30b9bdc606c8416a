{{ snapshot_incremental() }}
-- Payroll clients by employer: the hundred largest with ten clients or more.
with counted as (
    select as_of_date, employer_id, count(*) as customer_count, sum(salary_month_avg_cny) as salary_total,
        count(salary_month_avg_cny) as salary_count, sum(aum_month_avg_cny) as aum_total,
        sum(cast(round(payroll_retention_rate * 1000000) as bigint)) as retention_total,
        count(payroll_retention_rate) as retention_count
    from {{ ref('customer_tags_all') }}
    where as_of_date in {{ snapshot_dates() }} and is_payroll and employer_id is not null
    group by as_of_date, employer_id
    having count(*) >= {{ small_cell() }}
),

ranked as (
    select counted.*, row_number() over (partition by as_of_date order by customer_count desc nulls last,
        employer_id asc nulls last) as place
    from counted
)

select
    employer_id,
    cast(place as integer) as position,
    customer_count,
    {{ mean_amount('salary_total', 'salary_count') }} as salary_month_avg_cny,
    cast(retention_total as double) / nullif(retention_count, 0) / 1e6 as payroll_retention_rate,
    {{ mean_amount('aum_total', 'customer_count') }} as aum_month_avg_cny,
    as_of_date
from ranked
where place <= 100
