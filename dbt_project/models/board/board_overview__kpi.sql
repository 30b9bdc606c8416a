-- Headline figures over time: month-ends, then the newest night; only what the store really holds.
with run as (
    select to_date, reporting_currency, cast(to_date - interval '400' day as date) as first_date
    from {{ source('control', 'build_range') }}
),

month_aum as (
    select b.month_end_date as period_date, cast(sum(b.aum_end_amount) as double) as value
    from {{ ref('fct_balance_month') }} as b
    cross join run
    where b.month_end_date between run.first_date and run.to_date
    group by b.month_end_date
),

tagged as (
    select t.as_of_date as period_date, count(*) as customers, cast(sum(t.aum_cny) as double) as aum,
        count(*) filter (where t.txn_count_90d > 0) as active,
        count(*) filter (where t.investment_share_rate > 0) as investing
    from {{ ref('customer_tags_all') }} as t
    cross join run
    where t.as_of_date between run.first_date and run.to_date
        and (t.as_of_date = run.to_date or t.as_of_date = last_day(t.as_of_date))
    group by t.as_of_date
),

figure as (
    select 'aum' as kpi_id, 'money' as kind, period_date, value from month_aum
    union all
    select 'aum', 'money', t.period_date, t.aum
    from tagged as t
    cross join run
    where t.period_date = run.to_date and t.period_date not in (select period_date from month_aum)
    union all
    select 'customers', 'people', period_date, customers from tagged
    union all
    select 'active', 'people', period_date, active from tagged
    union all
    select 'investing', 'people', period_date, investing from tagged
),

ordered as (
    select *,
        lag(value) over (partition by kpi_id order by period_date nulls last) as former_value,
        max(period_date) over (partition by kpi_id) as newest_date
    from figure
    where value is not null
)

select
    cast(o.kpi_id as varchar) as kpi_id,
    cast(o.kind as varchar) as kind,
    cast(run.reporting_currency as varchar) as currency,
    cast(o.period_date as date) as period_date,
    cast(o.value as double) as value,
    cast(o.value / nullif(o.former_value, 0) - 1 as double) as change_rate,
    cast(o.period_date = o.newest_date as boolean) as is_newest
from ordered as o
cross join run
