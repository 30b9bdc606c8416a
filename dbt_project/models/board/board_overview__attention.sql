-- What needs a decision: verdicts to act on, comparisons that broke, lists without feedback.
with run as (
    select to_date, cast(to_date - interval '7' day as date) as week_ago
    from {{ source('control', 'build_range') }}
),

verdict as (
    select 'verdict' as kind, verdict as state, strategy_id as object_id, name_zh, name_en, reason_zh, reason_en,
        member_count as people_count, verdict_since_date as since_date
    from {{ ref('board_review__strategy') }}
    where status = 'running'
        and (verdict in ('win', 'harm', 'invalid', 'futile') or (verdict = 'undecided' and matured_share_rate >= 0.999))
),

broken_hold as (
    select 'held_touched' as kind, 'broken' as state, c.strategy_id as object_id, s.name_zh, s.name_en,
        cast(null as varchar) as reason_zh, cast(null as varchar) as reason_en, c.wrong_count as people_count, s.as_of_date
    from {{ ref('board_review__check') }} as c
    inner join {{ ref('board_review__strategy') }} as s on s.strategy_id = c.strategy_id
    where c.check_id = 'held_untouched' and c.status = 'failed'
),

dispatched as (
    select list_id, max(case when is_dispatched then 1 else 0 end) as has_contact
    from {{ ref('execution') }}
    group by list_id
),

silent as (
    select 'silent' as kind, 'broken' as state, v.strategy_id as object_id, s.name_zh, s.name_en,
        cast(null as varchar) as reason_zh, cast(null as varchar) as reason_en,
        sum(v.contact_count) as people_count, min(v.as_of_date) as since_date
    from {{ ref('list_version') }} as v
    inner join {{ ref('board_review__strategy') }} as s on s.strategy_id = v.strategy_id
    left join dispatched as d on d.list_id = v.list_id
    cross join run
    where coalesce(d.has_contact, 0) = 0 and v.contact_count > 0 and v.as_of_date < run.week_ago
    group by v.strategy_id, s.name_zh, s.name_en
),

item as (
    select * from verdict
    union all
    select * from broken_hold
    union all
    select * from silent
)

select
    cast(i.kind as varchar) as kind,
    cast(i.state as varchar) as state,
    cast('review' as varchar) as page,
    cast(i.object_id as varchar) as object_id,
    cast(i.name_zh as varchar) as name_zh,
    cast(i.name_en as varchar) as name_en,
    cast(i.reason_zh as varchar) as reason_zh,
    cast(i.reason_en as varchar) as reason_en,
    cast(i.people_count as bigint) as people_count,
    cast(i.since_date as date) as since_date,
    cast({{ days_between('i.since_date', 'run.to_date') }} as integer) as waiting_days,
    cast(row_number() over (order by
        case i.state when 'invalid' then 1 when 'broken' then 2 when 'harm' then 3 when 'win' then 4 when 'futile' then 5 else 6 end,
        i.people_count desc nulls last, i.kind nulls last, i.object_id nulls last) as integer) as item_order
from item as i
cross join run
