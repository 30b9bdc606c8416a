-- How any two groups of different sets overlap on the newest date.
with member as (
    {{ counted_members(last_date()) }}
),

size as (
    select segment_set, segment_id, count(*) as n from member group by segment_set, segment_id
),

pair as (
    select a.as_of_date, a.segment_set as set_a, a.segment_id as segment_a, b.segment_set as set_b, b.segment_id as segment_b,
        count(*) as customer_count
    from member as a
    inner join member as b on a.customer_id = b.customer_id and a.segment_set < b.segment_set
    group by a.as_of_date, a.segment_set, a.segment_id, b.segment_set, b.segment_id
)

select
    p.set_a,
    p.segment_a,
    p.set_b,
    p.segment_b,
    case when p.customer_count >= {{ small_cell() }} then p.customer_count end as customer_count,
    case when p.customer_count >= {{ small_cell() }} then cast(p.customer_count as double) / a.n end as a_rate,
    case when p.customer_count >= {{ small_cell() }} then cast(p.customer_count as double) / b.n end as b_rate,
    case when p.customer_count >= {{ small_cell() }} then cast(p.customer_count as double) / (a.n + b.n - p.customer_count) end
        as jaccard_rate,
    p.customer_count < {{ small_cell() }} as is_hidden,
    p.as_of_date
from pair as p
inner join size as a on p.set_a = a.segment_set and p.segment_a = a.segment_id
inner join size as b on p.set_b = b.segment_set and p.segment_b = b.segment_id
