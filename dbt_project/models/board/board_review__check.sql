-- Whether a comparison can be believed: sample ratios along the road of a list, held customers kept apart, whole lists.
with ratio as (
    select m.*, row_number() over (partition by m.strategy_id, m.kind, m.status order by case m.stage when 'assignment' then 1
        when 'freeze' then 2 when 'dispatch' then 3 when 'delivery' then 4 else 5 end) as place
    from {{ source('measure', 'srm') }} as m
    inner join {{ ref('board_review__strategy') }} as s
        on s.strategy_id = m.strategy_id and s.measured_version = m.strategy_version and s.as_of_date = m.as_of_date
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
    select strategy_id, stage as check_id, kind,
        case stage when 'assignment' then 1 when 'freeze' then 2 when 'dispatch' then 3 when 'delivery' then 4
            when 'outcome' then 5 when 'placebo' then 6 when 'exposure' then 7 when 'agreement' then 8 when 'list_hash' then 13
            when 'assignment_log' then 14 when 'assignment_rows' then 15 else 16 end as check_order,
        status, p_value, sequence_p_value, planned, observed, wrong_count, base_count, reason_zh, reason_en,
        kind = 'ratio' and status = 'failed' and place = 1 as is_fault_start
    from ratio
    union all
    select strategy_id, 'held_untouched', 'integrity', 11, case when wrong_count = 0 then 'passed' else 'failed' end,
        null, null, null, null, wrong_count, base_count, null, null, false
    from held
    union all
    select strategy_id, 'lists_complete', 'integrity', 12, case when wrong_count = 0 then 'passed' else 'failed' end,
        null, null, null, null, wrong_count, base_count, null, null, false
    from complete
)

select
    cast(c.strategy_id as varchar) as strategy_id,
    cast(c.check_id as varchar) as check_id,
    cast(c.kind as varchar) as kind,
    cast(c.check_order as integer) as check_order,
    cast(c.status as varchar) as status,
    cast(c.p_value as double) as p_value,
    cast(c.sequence_p_value as double) as sequence_p_value,
    cast(c.planned as varchar) as planned,
    cast(c.observed as varchar) as observed,
    cast(c.wrong_count as bigint) as wrong_count,
    cast(c.base_count as bigint) as base_count,
    cast(c.reason_zh as varchar) as reason_zh,
    cast(c.reason_en as varchar) as reason_en,
    cast(c.is_fault_start as boolean) as is_fault_start
from checked as c
inner join {{ ref('board_review__strategy') }} as s on s.strategy_id = c.strategy_id
