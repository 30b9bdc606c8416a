-- One row per strategy: the newest night's measurement, with names, units and the scale of the forest.
{%- set effects = ['model_effect', 'bau_effect', 'model_increment', 'selection_bias', 'naive_gap'] %}
{%- set forms = ['model_increment_adjusted', 'model_increment_capped', 'policy_value'] %}
{%- set amounts = ['increment_income', 'increment_profit', 'campaign_income', 'campaign_profit', 'hold_cost', 'net_new_money'] %}
{%- set cells = ['model_contacted', 'model_held', 'bau_contacted', 'bau_held'] %}
with strategy as (
    select *
    from {{ source('state', 'strategy') }}
    qualify row_number() over (partition by strategy_id order by status = 'draft', version desc nulls last, file_hash asc nulls last) = 1
),

measured as (
    select *
    from {{ source('measure', 'measurement') }}
    where is_primary
    qualify row_number() over (
        partition by strategy_id order by as_of_date desc nulls last, strategy_version desc nulls last, metric_id asc nulls last) = 1
),

verdict_change as (
    select m.strategy_id, max(n.as_of_date) as changed_date
    from measured as m
    inner join {{ source('measure', 'measurement') }} as n
        on n.strategy_id = m.strategy_id and n.strategy_version = m.strategy_version and n.is_primary and n.verdict <> m.verdict
    group by m.strategy_id
),

verdict_since as (
    select m.strategy_id, min(n.as_of_date) as verdict_since_date, count(*) as night_count
    from measured as m
    inner join {{ source('measure', 'measurement') }} as n
        on n.strategy_id = m.strategy_id and n.strategy_version = m.strategy_version and n.is_primary
    left join verdict_change as c on c.strategy_id = m.strategy_id
    where c.changed_date is null or n.as_of_date > c.changed_date
    group by m.strategy_id
),

wave as (
    select strategy_id, count(*) as list_count, sum(row_count) as member_count, sum(hold_count) as held_count,
        max_by(list_id, as_of_date) as newest_list_id, max_by(content_hash, as_of_date) as newest_list_hash,
        max(as_of_date) as newest_list_date
    from {{ ref('list_version') }}
    group by strategy_id
)

select
    cast(s.strategy_id as varchar) as strategy_id,
    cast(s.version as integer) as version,
    cast(m.strategy_version as integer) as measured_version,
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
    cast(m.as_of_date as date) as as_of_date,
    cast(coalesce(m.metric_id, s.primary_metric) as varchar) as metric_id,
    cast(coalesce(w.metric_kind, 'rate') as varchar) as metric_kind,
    cast(coalesce(w.name_zh, m.metric_id, s.primary_metric) as varchar) as metric_name_zh,
    cast(coalesce(w.name_en, m.metric_id, s.primary_metric) as varchar) as metric_name_en,
    cast(coalesce(w.event_zh, '发生') as varchar) as event_zh,
    cast(coalesce(w.event_en, 'counted') as varchar) as event_en,
    cast(s.window_days as integer) as window_days,
    cast(r.reporting_currency as varchar) as currency,
    {%- for cell in cells %}
    cast(m.n_{{ cell }} as bigint) as n_{{ cell }},
    cast(m.mean_{{ cell }} as double) as mean_{{ cell }},
    cast(m.var_{{ cell }} as double) as var_{{ cell }},
    {%- endfor %}
    {%- for effect in effects %}
    cast(m.{{ effect }} as double) as {{ effect }},
    cast(m.{{ effect }}_se as double) as {{ effect }}_se,
    cast(m.{{ effect }}_low as double) as {{ effect }}_low,
    cast(m.{{ effect }}_high as double) as {{ effect }}_high,
    cast(m.{{ effect }}_p as double) as {{ effect }}_p,
    {%- endfor %}
    {%- for form in forms %}
    cast(m.{{ form }} as double) as {{ form }},
    cast(m.{{ form }}_se as double) as {{ form }}_se,
    cast(m.{{ form }}_low as double) as {{ form }}_low,
    cast(m.{{ form }}_high as double) as {{ form }}_high,
    {%- endfor %}
    cast(m.variance_reduction_rate as double) as variance_reduction_rate,
    cast(m.cap as double) as cap,
    cast(m.arm_model_count as bigint) as arm_model_count,
    cast(m.arm_bau_count as bigint) as arm_bau_count,
    cast(m.agreement_z as double) as agreement_z,
    cast(m.estimator as varchar) as estimator,
    cast(m.plan_hash as varchar) as plan_hash,
    cast(m.registered_date as date) as registered_date,
    cast(m.alpha_monitor as double) as alpha_monitor,
    cast(m.alpha_final as double) as alpha_final,
    cast(m.judged_increment as double) as judged_increment,
    cast(m.judged_se as double) as judged_se,
    cast(m.ever_low as double) as ever_low,
    cast(m.ever_high as double) as ever_high,
    cast(m.final_date as date) as final_date,
    cast(m.final_low as double) as final_low,
    cast(m.final_high as double) as final_high,
    cast(m.p_adjusted as double) as p_adjusted,
    cast(m.is_discovery as boolean) as is_discovery,
    cast(m.model_increment_shrunken as double) as model_increment_shrunken,
    cast(m.model_effect_p_holm as double) as model_effect_p_holm,
    cast(m.bau_effect_p_holm as double) as bau_effect_p_holm,
    {%- for amount in amounts %}
    cast(y.{{ amount }} as double) as {{ amount }},
    cast(y.{{ amount }}_low as double) as {{ amount }}_low,
    cast(y.{{ amount }}_high as double) as {{ amount }}_high,
    {%- endfor %}
    cast(y.margin_rate as double) as margin_rate,
    cast(y.contact_cost as double) as contact_cost,
    cast(y.cost_difference as double) as cost_difference,
    cast(y.gross_amount as double) as gross_amount,
    cast(m.sequence_low as double) as sequence_low,
    cast(m.sequence_high as double) as sequence_high,
    cast(case when m.naive_gap > 0 and m.verdict <> 'invalid' then greatest(m.model_increment, 0) / nullif(m.naive_gap, 0)
        end as double) as model_share_rate,
    cast(case when m.verdict in ('win', 'harm', 'futile') then m.model_increment * m.n_model_contacted end as double)
        as added_total,
    cast(case when m.verdict in ('win', 'harm', 'futile') then m.model_increment_low * m.n_model_contacted end as double)
        as added_total_low,
    cast(case when m.verdict in ('win', 'harm', 'futile') then m.model_increment_high * m.n_model_contacted end as double)
        as added_total_high,
    cast(coalesce(m.naive_gap_low > 0 and m.verdict <> 'invalid', false) as boolean) as is_naive_win,
    cast(coalesce(m.srm_status, 'not_tested') as varchar) as srm_status,
    cast(m.srm_p_value as double) as srm_p_value,
    cast(coalesce(m.n_model_contacted + m.n_model_held + m.n_bau_contacted + m.n_bau_held, 0) > 0 as boolean) as is_measured,
    cast(coalesce(m.verdict, 'collecting') as varchar) as verdict,
    cast(case coalesce(m.verdict, 'collecting') when 'win' then 1 when 'harm' then 2 when 'futile' then 3
        when 'undecided' then 4 when 'collecting' then 5 else 6 end as integer) as verdict_order,
    cast(coalesce(v.verdict_since_date, m.as_of_date) as date) as verdict_since_date,
    cast(m.advice as varchar) as advice,
    cast(m.advice_reason_zh as varchar) as advice_reason_zh,
    cast(m.advice_reason_en as varchar) as advice_reason_en,
    cast(m.sentence_zh as varchar) as sentence_zh,
    cast(m.sentence_en as varchar) as sentence_en,
    cast(m.reason_zh as varchar) as reason_zh,
    cast(m.reason_en as varchar) as reason_en,
    cast(s.mde as double) as mde,
    cast(coalesce(m.planned_mde, s.planned_mde) as double) as planned_mde,
    cast(coalesce(m.is_powered, s.is_powered) as boolean) as is_powered,
    cast(m.matured_share_rate as double) as matured_share_rate,
    cast(coalesce(l.list_count, 0) as bigint) as list_count,
    cast(coalesce(l.member_count, 0) as bigint) as member_count,
    cast(l.held_count as double) / nullif(cast(l.member_count as double), 0) as hold_share_rate,
    cast(l.newest_list_id as varchar) as newest_list_id,
    cast(l.newest_list_hash as varchar) as newest_list_hash,
    cast(l.newest_list_date as date) as newest_list_date
from strategy as s
cross join {{ source('control', 'build_range') }} as r
left join measured as m on m.strategy_id = s.strategy_id
left join {{ source('measure', 'money') }} as y
    on y.strategy_id = m.strategy_id and y.strategy_version = m.strategy_version and y.as_of_date = m.as_of_date
left join {{ ref('board_metric__word') }} as w on w.metric_id = coalesce(m.metric_id, s.primary_metric)
left join verdict_since as v on v.strategy_id = s.strategy_id
left join wave as l on l.strategy_id = s.strategy_id
where m.strategy_id is not null or s.status in ('running', 'stopped')
