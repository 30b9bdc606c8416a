{{ snapshot_incremental() }}
-- Which rules also held for the customers of each primary segment.
with member as (
    {{ segment_members(snapshot_dates()) }}
),

counted as (
    select p.as_of_date, p.segment_set, p.segment_id as primary_segment_id, m.segment_id as matched_segment_id,
        count(*) as customer_count
    from member as p
    inner join member as m on p.as_of_date = m.as_of_date and p.segment_set = m.segment_set and p.customer_id = m.customer_id
    where p.is_primary and p.kind = 'rule'
    group by p.as_of_date, p.segment_set, p.segment_id, m.segment_id
)

select
    segment_set,
    primary_segment_id,
    matched_segment_id,
    case when customer_count >= {{ small_cell() }} then customer_count end as customer_count,
    customer_count < {{ small_cell() }} as is_hidden,
    as_of_date
from counted
