-- Per strategy what its newest night found: the primary metric's effects in all forms, what decides, verdict and money.
{{ config(materialized='ephemeral') }}
{%- set cells = ['model_contacted', 'model_held', 'bau_contacted', 'bau_held'] %}
{%- set parts = ['', '_se', '_low', '_high'] %}
{%- set effects = ['model_effect', 'bau_effect', 'model_increment', 'selection_bias', 'naive_gap'] %}
{%- set forms = ['model_increment_adjusted', 'model_increment_capped', 'policy_value'] %}
{%- set figures = ['variance_reduction_rate', 'cap', 'agreement_z', 'alpha_monitor', 'alpha_final', 'judged_increment', 'judged_se',
    'ever_low', 'ever_high', 'final_low', 'final_high', 'p_adjusted', 'model_increment_shrunken', 'model_effect_p_holm',
    'bau_effect_p_holm', 'sequence_low', 'sequence_high', 'srm_p_value', 'matured_share_rate'] %}
{%- set words = ['estimator', 'plan_hash', 'srm_status', 'verdict', 'advice', 'advice_reason_zh', 'advice_reason_en',
    'sentence_zh', 'sentence_en', 'reason_zh', 'reason_en'] %}
{%- set amounts = ['increment_income', 'increment_profit', 'campaign_income', 'campaign_profit', 'hold_cost', 'net_new_money'] %}
{%- set flows = ['margin_rate', 'contact_cost', 'cost_difference', 'gross_amount'] %}
with measured as (
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
    select m.strategy_id, min(n.as_of_date) as verdict_since_date
    from measured as m
    inner join {{ source('measure', 'measurement') }} as n
        on n.strategy_id = m.strategy_id and n.strategy_version = m.strategy_version and n.is_primary
    left join verdict_change as c on c.strategy_id = m.strategy_id
    where c.changed_date is null or n.as_of_date > c.changed_date
    group by m.strategy_id
)

select
    m.strategy_id,
    cast(m.strategy_version as integer) as measured_version,
    cast(m.as_of_date as date) as as_of_date,
    cast(m.metric_id as varchar) as metric_id,
    {%- for cell in cells %}
    cast(m.n_{{ cell }} as bigint) as n_{{ cell }},
    cast(m.mean_{{ cell }} as double) as mean_{{ cell }},
    cast(m.var_{{ cell }} as double) as var_{{ cell }},
    {%- endfor %}
    {%- for effect in effects %}{% for part in parts + ['_p'] %}
    cast(m.{{ effect }}{{ part }} as double) as {{ effect }}{{ part }},
    {%- endfor %}{% endfor %}
    {%- for form in forms %}{% for part in parts %}
    cast(m.{{ form }}{{ part }} as double) as {{ form }}{{ part }},
    {%- endfor %}{% endfor %}
    {%- for figure in figures %}
    cast(m.{{ figure }} as double) as {{ figure }},
    {%- endfor %}
    {%- for word in words %}
    cast(m.{{ word }} as varchar) as {{ word }},
    {%- endfor %}
    cast(m.arm_model_count as bigint) as arm_model_count,
    cast(m.arm_bau_count as bigint) as arm_bau_count,
    cast(m.registered_date as date) as registered_date,
    cast(m.final_date as date) as final_date,
    cast(m.is_discovery as boolean) as is_discovery,
    cast(m.planned_mde as double) as planned_mde,
    cast(m.is_powered as boolean) as is_powered,
    {%- for amount in amounts %}{% for part in ['', '_low', '_high'] %}
    cast(y.{{ amount }}{{ part }} as double) as {{ amount }}{{ part }},
    {%- endfor %}{% endfor %}
    {%- for flow in flows %}
    cast(y.{{ flow }} as double) as {{ flow }},
    {%- endfor %}
    cast(coalesce(v.verdict_since_date, m.as_of_date) as date) as verdict_since_date
from measured as m
left join {{ source('measure', 'money') }} as y
    on y.strategy_id = m.strategy_id and y.strategy_version = m.strategy_version and y.as_of_date = m.as_of_date
left join verdict_since as v on v.strategy_id = m.strategy_id
