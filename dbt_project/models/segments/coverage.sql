{{ snapshot_incremental() }}
-- How much of each set's population no rule matches, against the set's limit.
with counted as (
    select m.as_of_date, m.segment_set, count(*) as base_count, count(*) filter (where m.segment_id = 'other') as unmatched_count
    from ({{ segment_members(snapshot_dates()) }}) as m
    where m.is_primary and m.kind = 'rule'
    group by m.as_of_date, m.segment_set
),

limits as (
    select distinct segment_set, unmatched_limit_rate
    from {{ source('segments', 'definition') }}
    where kind = 'rule' and is_exclusive
)

select
    c.segment_set,
    c.base_count,
    c.unmatched_count,
    cast(c.unmatched_count as double) / c.base_count as unmatched_rate,
    l.unmatched_limit_rate,
    case when c.unmatched_count > c.base_count * l.unmatched_limit_rate then 'warned' else 'passed' end as status,
    c.as_of_date
from counted as c
inner join limits as l on c.segment_set = l.segment_set
