-- The five stages of the loop: one figure, two details and one flag each; the words are the board's.
with tag as (
    select count(*) as tag_count, max(customer_count) as customer_count,
        count(*) filter (where filled_count = 0) as empty_count, 
        cast(sum(filled_count) as double) / nullif(cast(sum(customer_count) as double), 0) as filled_rate
    from {{ ref('board_health__coverage') }}
),

plan as (
    select
        count(distinct strategy_id) filter (where status = 'running') as running_count,
        count(distinct strategy_id) filter (where status in ('draft', 'approved')) as waiting_count,
        count(distinct strategy_id) filter (where status = 'stopped') as stopped_count,
        count(distinct strategy_id) filter (where status = 'running' and not is_powered) as weak_count
    from {{ source('state', 'strategy') }}
),

list as (
    select count(*) as list_count, sum(row_count) as member_count,
        cast(sum(hold_count) as double) / nullif(cast(sum(row_count) as double), 0) as hold_share_rate,
        count(*) filter (where status = 'frozen' and expires_date < (select to_date from {{ source('control', 'build_range') }}))
            as unused_count
    from {{ ref('list_version') }}
),

road as (
    select e.list_id, max(v.as_of_date) as list_date,
        count(*) filter (where e.arm = 'contact') as contact_count,
        count(*) filter (where e.arm = 'contact' and e.is_dispatched) as dispatched_count,
        count(*) filter (where e.arm = 'contact' and e.is_delivered) as delivered_count,
        count(*) filter (where e.arm = 'hold' and e.is_dispatched) as held_touched_count
    from {{ ref('execution') }} as e
    inner join {{ ref('list_version') }} as v on v.list_id = e.list_id
    group by e.list_id
),

reached as (
    select
        cast(sum(delivered_count) filter (where dispatched_count > 0) as double)
            / nullif(cast(sum(contact_count) filter (where dispatched_count > 0) as double), 0) as delivered_rate,
        sum(dispatched_count) as dispatched_count,
        count(*) filter (where dispatched_count > 0) as list_count,
        sum(held_touched_count) as held_touched_count,
        count(*) filter (where dispatched_count = 0 and contact_count > 0 and list_date < (
            select cast(to_date - interval '7' day as date) from {{ source('control', 'build_range') }})) as silent_count
    from road
),

review as (
    select count(*) as measured_count, count(*) filter (where verdict = 'win') as win_count,
        count(*) filter (where verdict = 'harm') as harm_count, count(*) filter (where verdict = 'invalid') as invalid_count
    from {{ ref('board_review__strategy') }}
    where is_measured
),

stage as (
    select 1 as stage_order, 'insight' as stage, tag_count as figure, customer_count as detail_a, filled_rate as detail_b,
        case when empty_count > 0 then 'tags_empty' else 'tags_filled' end as flag, empty_count as flag_count
    from tag
    union all
    select 2, 'strategy', running_count, waiting_count, stopped_count,
        case when running_count = 0 then 'none_running' when weak_count > 0 then 'weak' else 'all_powered' end, weak_count
    from plan
    union all
    select 3, 'list', member_count, list_count, hold_share_rate,
        case when list_count = 0 then 'no_list' when unused_count > 0 then 'unused' else 'all_used' end, unused_count
    from list
    union all
    select 4, 'execution', delivered_rate, dispatched_count, list_count,
        case when held_touched_count > 0 then 'held_touched' when silent_count > 0 then 'silent'
            when coalesce(dispatched_count, 0) = 0 then 'no_contact' else 'all_reported' end,
        case when held_touched_count > 0 then held_touched_count else silent_count end
    from reached
    union all
    select 5, 'review', measured_count, win_count, harm_count,
        case when invalid_count > 0 then 'invalid' when measured_count = 0 then 'none_measured' else 'all_valid' end,
        invalid_count
    from review
)

select
    cast(stage as varchar) as stage,
    cast(stage_order as integer) as stage_order,
    cast(figure as double) as figure,
    cast(detail_a as double) as detail_a,
    cast(detail_b as double) as detail_b,
    cast(flag as varchar) as flag,
    cast(coalesce(flag_count, 0) as bigint) as flag_count,
    cast(case when flag in ('held_touched', 'silent', 'invalid') then 'broken'
        when flag in ('tags_filled', 'all_powered', 'all_used', 'all_reported', 'all_valid') then 'fine'
        else 'note' end as varchar) as flag_state
from stage
