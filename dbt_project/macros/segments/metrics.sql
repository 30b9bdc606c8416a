{# The one layout of every group: the tag, its dimension, its words, and how it is counted. #}
{% macro segment_metrics() -%}
    {{ return([
        {'id': 'aum_month_avg_cny', 'dimension': 'aum', 'unit': 'amount', 'zh': '月日均AUM', 'en': 'Average monthly AUM'},
        {'id': 'deposit_share_rate', 'dimension': 'aum', 'unit': 'share', 'zh': '存款占比', 'en': 'Deposit share'},
        {'id': 'investment_share_rate', 'dimension': 'aum', 'unit': 'share', 'zh': '投资类占比', 'en': 'Investment share'},
        {'id': 'product_count', 'dimension': 'product_depth', 'unit': 'number', 'zh': '产品持有数', 'en': 'Products held'},
        {'id': 'is_single_product', 'dimension': 'product_depth', 'unit': 'flag', 'zh': '单一产品占比', 'en': 'One product only'},
        {'id': 'is_app_active_30d', 'dimension': 'channel', 'unit': 'flag', 'zh': '手机银行月活占比', 'en': 'Uses the app'},
        {'id': 'has_rm', 'dimension': 'channel', 'unit': 'flag', 'zh': '管户占比', 'en': 'Has a relationship manager'},
        {'id': 'connect_rate_180d', 'dimension': 'channel', 'unit': 'share', 'zh': '接通率', 'en': 'Connect rate'},
        {'id': 'aum_attrition_rate', 'dimension': 'churn', 'unit': 'share', 'zh': '资产流失率', 'en': 'Assets lost since the peak'},
        {'id': 'is_declining', 'dimension': 'churn', 'unit': 'flag', 'zh': '衰退期占比', 'en': 'Declining'},
        {'id': 'is_dormant', 'dimension': 'churn', 'unit': 'flag', 'zh': '睡眠户占比', 'en': 'Dormant'},
        {'id': 'is_near_next_tier', 'dimension': 'potential', 'unit': 'flag', 'zh': '临界提升占比', 'en': 'Near the next tier'},
        {'id': 'net_inflow_30d_cny', 'dimension': 'potential', 'unit': 'amount', 'zh': '近30天净流入', 'en': 'Net inflow, 30 days'},
        {'id': 'contribution_12m_cny', 'dimension': 'value', 'unit': 'amount', 'zh': '综合贡献度', 'en': 'Contribution, 12 months'}
    ]) }}
{%- endmacro %}

{# A metric's tag as an exact number: cents, counts, 0 or 1, millionths of a rate; and what one unit of the tag is in it. #}
{% macro exact_metric(metric, alias) -%}
    {%- set column = alias ~ '.' ~ metric.id -%}
    {%- if metric.unit == 'flag' -%}cast(case when {{ column }} then 1 when not {{ column }} then 0 end as bigint)
    {%- elif metric.unit == 'share' -%}cast(round({{ column }} * 1000000) as bigint)
    {%- elif metric.unit == 'amount' -%}cast(round({{ column }} * 100) as bigint)
    {%- else -%}cast({{ column }} as bigint)
    {%- endif -%}
{%- endmacro %}

{# A bound of the mean's 95 % interval, `sign` - or +, from the exact count, sum and sum of squares: Wilson's for flags,
   the normal one else, a share never leaving 0..1. #}
{% macro metric_bound(metric, n, total, squares, scale, sign) -%}
    {%- set mean = '(cast(' ~ total ~ ' as double) / nullif(' ~ n ~ ', 0))' -%}
    {%- if metric.unit == 'flag' -%}
    {{ 'greatest(0.0, ' if sign == '-' else 'least(1.0, ' }}({{ mean }} + 1.92072941 / nullif({{ n }}, 0) {{ sign }} 1.959963984540054 * sqrt(greatest(0.0,
        ({{ mean }} * (1 - {{ mean }}) + 0.960364705 / nullif({{ n }}, 0)) / nullif({{ n }}, 0))))
        / (1 + 3.84145882 / nullif({{ n }}, 0)))
    {%- else -%}
    {%- set variance = 'greatest(0.0, (cast(' ~ squares ~ ' as double) - ' ~ mean ~ ' * ' ~ total ~ ') / nullif(' ~ n ~ ' - 1, 0))' -%}
    {%- set bound = '(' ~ mean ~ ' ' ~ sign ~ ' 1.959963984540054 * sqrt(' ~ variance ~ ' / nullif(' ~ n ~ ', 0))) / ' ~ scale -%}
    {%- if metric.unit == 'share' -%}{{ 'greatest(0.0, ' if sign == '-' else 'least(1.0, ' }}{{ bound }})
    {%- else -%}{{ bound }}
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}
