{# CTE `stage_starts` (as_of_date, customer_id, stage_start_date): the first of the unbroken run of snapshots with the stage.
   Known snapshots are this run's dates and, from the table itself, the last one before them with everything between;
   the table carries stage_start_date on, so no older partition is read and a range equals its nights one by one. #}
{% macro stage_starts(staged) -%}
known_stages as (
    select as_of_date, customer_id, lifecycle_stage, as_of_date as stage_start_date, true as is_run_date from {{ staged }}
    {%- if is_incremental() %}
    union all
    select t.as_of_date, t.customer_id, t.lifecycle_stage,
        case when t.as_of_date < (select min(d.as_of_date) from {{ source('control', 'snapshot_date') }} as d)
            then t.stage_start_date else t.as_of_date end as stage_start_date,
        false as is_run_date
    from {{ this }} as t
    where t.as_of_date not in {{ snapshot_dates() }}
        and t.as_of_date < (select max(d.as_of_date) from {{ source('control', 'snapshot_date') }} as d)
        and t.as_of_date >= coalesce((select max(b.as_of_date) from {{ this }} as b
            where b.as_of_date < (select min(d.as_of_date) from {{ source('control', 'snapshot_date') }} as d)), date '1900-01-01')
    {%- endif %}
),

stage_changes as (
    select
        known_stages.*,
        case when lifecycle_stage = lag(lifecycle_stage) over (
            partition by customer_id order by as_of_date asc nulls first) then 0 else 1 end as is_change
    from known_stages
),

stage_runs as (
    select stage_changes.*, sum(is_change) over (
        partition by customer_id order by as_of_date asc nulls first) as run_number
    from stage_changes
),

stage_starts as (
    select as_of_date, customer_id, min(stage_start_date) over (
        partition by customer_id, run_number order by as_of_date asc nulls first) as stage_start_date
    from stage_runs
    qualify is_run_date
)
{%- endmacro %}
