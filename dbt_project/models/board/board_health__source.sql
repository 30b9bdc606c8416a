-- How fresh every delivered entity is: its newest business date against the night's, from files that were loaded.
with run as (
    select to_date
    from {{ source('control', 'build_range') }}
),

loaded as (
    select
        source, entity, count(distinct sha256) as file_count, sum(rows_loaded) as row_count,
        max(cast(business_to as date)) as newest_date
    from {{ source('control', 'file_ledger') }}
    where status = 'loaded'
    group by source, entity
)

select
    cast(l.source as varchar) as source,
    cast(l.entity as varchar) as entity,
    cast(l.file_count as bigint) as file_count,
    cast(l.row_count as bigint) as row_count,
    cast(l.newest_date as date) as newest_date,
    cast({{ days_between('l.newest_date', 'run.to_date') }} as integer) as lag_days
from loaded as l
cross join run
