{{ snapshot_incremental() }}
-- Who moved between the primary segments since the month-end before; 'none' is outside the set.
with later as (
    {{ segment_members(snapshot_dates()) }}
    where m.is_primary and m.kind <> 'curated'
),

dates as (
    select as_of_date as night, last_day(cast(as_of_date - interval '1' month as date)) as as_of_date
    from {{ snapshot_dates() }}
),

former as (
    select f.*, d.night
    from ({{ segment_members('(select distinct as_of_date from dates)') }} where m.is_primary and m.kind <> 'curated') as f
    inner join dates as d on f.as_of_date = d.as_of_date
),

known as (
    select distinct night, segment_set, as_of_date as former_date from former
),

moved as (
    select k.night as as_of_date, k.former_date, k.segment_set, coalesce(f.segment_id, 'none') as from_segment_id,
        coalesce(l.segment_id, 'none') as to_segment_id, count(*) as customer_count
    from former as f
    full join later as l on f.night = l.as_of_date and f.segment_set = l.segment_set and f.customer_id = l.customer_id
    inner join known as k on coalesce(f.night, l.as_of_date) = k.night and coalesce(f.segment_set, l.segment_set) = k.segment_set
    group by k.night, k.former_date, k.segment_set, coalesce(f.segment_id, 'none'), coalesce(l.segment_id, 'none')
),

shared as (
    select moved.*, sum(customer_count) over (partition by as_of_date, segment_set, from_segment_id) as from_count
    from moved
)

select
    segment_set,
    from_segment_id,
    to_segment_id,
    former_date,
    case when customer_count >= {{ small_cell() }} then customer_count end as customer_count,
    case when customer_count >= {{ small_cell() }} then cast(customer_count as double) / cast(from_count as double) end as from_rate,
    customer_count < {{ small_cell() }} as is_hidden,
    as_of_date
from shared
