-- One row per strategy: what was planned, beside what its newest night found, with names, units and totals.
with strategy as (
    select *
    from {{ source('state', 'strategy') }}
    qualify row_number() over (partition by strategy_id order by status = 'draft', version desc nulls last, file_hash asc nulls last) = 1
),

wave as (
    select strategy_id, count(*) as list_count, sum(row_count) as member_count, sum(hold_count) as held_count,
        max_by(list_id, as_of_date) as newest_list_id, max_by(content_hash, as_of_date) as newest_list_hash,
        max(as_of_date) as newest_list_date
    from {{ ref('list_version') }}
    group by strategy_id
),

found as (
    {{ review_found() | indent(4) }}
)

select
    cast(s.strategy_id as varchar) as strategy_id,
    cast(s.version as integer) as version,
    cast(s.name_zh as varchar) as name_zh,
    cast(s.name_en as varchar) as name_en,
    cast(s.status as varchar) as status,
    cast(s.scenario_type as varchar) as scenario_type,
    cast(s.goal_family as varchar) as goal_family,
    cast(s.owner as varchar) as owner,
    cast(s.started_date as date) as started_date,
    cast(s.horizon_date as date) as horizon_date,
    cast(s.model_id as varchar) as model_id,
    cast(s.control_policy as varchar) as control_policy,
    cast(s.window_days as integer) as window_days,
    cast(s.mde as double) as mde,
    cast(r.reporting_currency as varchar) as currency,
    cast(coalesce(m.metric_id, s.primary_metric) as varchar) as metric_id,
    cast(coalesce(w.metric_kind, 'rate') as varchar) as metric_kind,
    cast(coalesce(w.name_zh, m.metric_id, s.primary_metric) as varchar) as metric_name_zh,
    cast(coalesce(w.name_en, m.metric_id, s.primary_metric) as varchar) as metric_name_en,
    cast(coalesce(w.event_zh, '发生') as varchar) as event_zh,
    cast(coalesce(w.event_en, 'counted') as varchar) as event_en,
    m.measured_version,
    m.as_of_date,
    {%- for column, type, side in review_columns() %}
    m.{{ column }},
    {%- endfor %}
    m.verdict_since_date,
    cast(coalesce(m.planned_mde, s.planned_mde) as double) as planned_mde,
    cast(coalesce(m.is_powered, s.is_powered) as boolean) as is_powered,
    coalesce(m.srm_status, 'not_tested') as srm_status,
    coalesce(m.verdict, 'collecting') as verdict,
    cast(case coalesce(m.verdict, 'collecting') when 'win' then 1 when 'harm' then 2 when 'futile' then 3
        when 'undecided' then 4 when 'collecting' then 5 else 6 end as integer) as verdict_order,
    cast(case when m.naive_gap > 0 and m.verdict <> 'invalid' then greatest(m.model_increment, 0) / nullif(m.naive_gap, 0)
        end as double) as model_share_rate,
    {%- for part in ['', '_low', '_high'] %}
    cast(case when m.verdict in ('win', 'harm', 'futile') then m.model_increment{{ part }} * m.n_model_contacted end as double)
        as added_total{{ part }},
    {%- endfor %}
    cast(coalesce(m.naive_gap_low > 0 and m.verdict <> 'invalid', false) as boolean) as is_naive_win,
    cast(coalesce(m.n_model_contacted + m.n_model_held + m.n_bau_contacted + m.n_bau_held, 0) > 0 as boolean) as is_measured,
    cast(coalesce(l.list_count, 0) as bigint) as list_count,
    cast(coalesce(l.member_count, 0) as bigint) as member_count,
    cast(l.held_count as double) / nullif(cast(l.member_count as double), 0) as hold_share_rate,
    cast(l.newest_list_id as varchar) as newest_list_id,
    cast(l.newest_list_hash as varchar) as newest_list_hash,
    cast(l.newest_list_date as date) as newest_list_date
from strategy as s
cross join {{ source('control', 'build_range') }} as r
left join found as m on m.strategy_id = s.strategy_id
left join {{ ref('board_metric__word') }} as w on w.metric_id = coalesce(m.metric_id, s.primary_metric)
left join wave as l on l.strategy_id = s.strategy_id
where m.strategy_id is not null or s.status in ('running', 'stopped')
