{# What a night found of a strategy, in the order of the Review page's table: a list of [column, type, side], the sides
   being `m` (measure.measurement) and `y` (measure.money). #}
{% macro review_columns() %}
    {%- set found = [] %}
    {%- set cells = ['model_contacted', 'model_held', 'bau_contacted', 'bau_held'] %}
    {%- set effects = ['model_effect', 'bau_effect', 'model_increment', 'selection_bias', 'naive_gap'] %}
    {%- set forms = ['model_increment_adjusted', 'model_increment_capped', 'policy_value'] %}
    {%- set figures = ['variance_reduction_rate', 'cap', 'agreement_z', 'alpha_monitor', 'alpha_final', 'judged_increment',
        'judged_se', 'ever_low', 'ever_high', 'final_low', 'final_high', 'p_adjusted', 'model_increment_shrunken',
        'model_effect_p_holm', 'bau_effect_p_holm', 'sequence_low', 'sequence_high', 'srm_p_value', 'matured_share_rate'] %}
    {%- set words = ['estimator', 'plan_hash', 'advice', 'advice_reason_zh', 'advice_reason_en', 'sentence_zh', 'sentence_en',
        'reason_zh', 'reason_en'] %}
    {%- set amounts = ['increment_income', 'increment_profit', 'campaign_income', 'campaign_profit', 'hold_cost', 'net_new_money'] %}
    {%- for cell in cells %}
        {%- do found.append(['n_' ~ cell, 'bigint', 'm']) %}
        {%- do found.append(['mean_' ~ cell, 'double', 'm']) %}
        {%- do found.append(['var_' ~ cell, 'double', 'm']) %}
    {%- endfor %}
    {%- for effect in effects %}{% for part in ['', '_se', '_low', '_high', '_p'] %}
        {%- do found.append([effect ~ part, 'double', 'm']) %}
    {%- endfor %}{% endfor %}
    {%- for form in forms %}{% for part in ['', '_se', '_low', '_high'] %}
        {%- do found.append([form ~ part, 'double', 'm']) %}
    {%- endfor %}{% endfor %}
    {%- for figure in figures %}{% do found.append([figure, 'double', 'm']) %}{% endfor %}
    {%- for word in words %}{% do found.append([word, 'varchar', 'm']) %}{% endfor %}
    {%- for count in ['arm_model_count', 'arm_bau_count'] %}{% do found.append([count, 'bigint', 'm']) %}{% endfor %}
    {%- for day in ['registered_date', 'final_date'] %}{% do found.append([day, 'date', 'm']) %}{% endfor %}
    {%- do found.append(['is_discovery', 'boolean', 'm']) %}
    {%- for amount in amounts %}{% for part in ['', '_low', '_high'] %}
        {%- do found.append([amount ~ part, 'double', 'y']) %}
    {%- endfor %}{% endfor %}
    {%- for flow in ['margin_rate', 'contact_cost', 'cost_difference', 'gross_amount'] %}
        {%- do found.append([flow, 'double', 'y']) %}
    {%- endfor %}
    {{- return(found) }}
{% endmacro %}
