-- Whether a comparison can be believed: sample ratios along the road of a list, held customers kept apart, whole lists.
with ratio as (
    select *
    from {{ source('measure', 'srm') }}
    qualify row_number() over (partition by strategy_id, stage order by as_of_date desc nulls last) = 1
),

held as (
    select v.strategy_id, count(*) filter (where e.is_dispatched) as wrong_count, count(*) as base_count
    from {{ ref('execution') }} as e
    inner join {{ ref('list_version') }} as v on v.list_id = e.list_id
    where e.arm = 'hold'
    group by v.strategy_id
),

counted as (
    select list_id, count(*) as row_count
    from {{ ref('list_member') }}
    group by list_id
),

complete as (
    select v.strategy_id, count(*) filter (where v.row_count <> coalesce(c.row_count, 0)) as wrong_count, count(*) as base_count
    from {{ ref('list_version') }} as v
    left join counted as c on c.list_id = v.list_id
    group by v.strategy_id
),

checked as (
    select strategy_id, stage as check_id, 'ratio' as kind,
        case stage when 'assignment' then 1 when 'freeze' then 2 when 'dispatch' then 3 when 'delivery' then 4
            when 'delivered' then 4 when 'outcome' then 5 else 6 end as check_order,
        case when status in ('pass', 'passed') then 'passed' when status in ('fail', 'failed') then 'failed'
            else 'not_tested' end as status,
        p_value, planned, observed, cast(null as bigint) as wrong_count, cast(null as bigint) as base_count
    from ratio
    union all
    select strategy_id, 'held_untouched', 'integrity', 11, case when wrong_count = 0 then 'passed' else 'failed' end,
        null, null, null, wrong_count, base_count
    from held
    union all
    select strategy_id, 'lists_complete', 'integrity', 12, case when wrong_count = 0 then 'passed' else 'failed' end,
        null, null, null, wrong_count, base_count
    from complete
)

select
    cast(c.strategy_id as varchar) as strategy_id,
    cast(c.check_id as varchar) as check_id,
    cast(c.kind as varchar) as kind,
    cast(c.check_order as integer) as check_order,
    cast(c.status as varchar) as status,
    cast(c.p_value as double) as p_value,
    cast(c.planned as varchar) as planned,
    cast(c.observed as varchar) as observed,
    cast(c.wrong_count as bigint) as wrong_count,
    cast(c.base_count as bigint) as base_count
from checked as c
inner join {{ ref('board_review__strategy') }} as s on s.strategy_id = c.strategy_id
