{{ snapshot_incremental() }}
-- Who changed stage between a snapshot and the one before it; a customer's first snapshot comes from `none`. What is not
-- allowed is how bad data shows: it is counted and warned of, and stops nothing. The honeymoon has one way in. All other stages
-- follow each other on good data: who was dormant or lost within a year may be any of them before half of his peak is back.
with days as (
    select as_of_date, max(former_date) as former_date
    from (
        select s.as_of_date, t.as_of_date as former_date
        from {{ snapshot_dates() }} as s
        inner join (select distinct as_of_date from {{ ref('tags_lifecycle') }}) as t on t.as_of_date < s.as_of_date
    ) as pairs
    group by as_of_date
),

changes as (
    select d.as_of_date, coalesce(f.lifecycle_stage, 'none') as from_stage, t.lifecycle_stage as to_stage
    from days as d
    inner join {{ ref('tags_lifecycle') }} as t on d.as_of_date = t.as_of_date
    left join {{ ref('tags_lifecycle') }} as f on d.former_date = f.as_of_date and t.customer_id = f.customer_id
    where f.lifecycle_stage is null or f.lifecycle_stage <> t.lifecycle_stage
)

select
    from_stage,
    to_stage,
    cast(count(*) as integer) as customer_count,
    case
        when from_stage = 'none' then to_stage in ({{ quoted(tag_parameter('first_stages')) }})
        when to_stage = 'honeymoon' then from_stage in ({{ quoted(tag_parameter('honeymoon_former_stages')) }})
        else true
    end as is_allowed,
    as_of_date
from changes
group by as_of_date, from_stage, to_stage
