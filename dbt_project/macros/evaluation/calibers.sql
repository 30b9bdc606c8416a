{# The calibers that customer_evaluation.yml declares, oldest first; the last is the current one. #}
{% macro calibers() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == 'customer_evaluation' -%}
            {%- for caliber in node.config.meta.calibers | sort(attribute='version') -%}{%- do found.append(caliber) -%}{%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The families of which fct_balance_month keeps a balance of their own. #}
{% macro margin_families() -%}{{ return(['demand', 'time', 'wealth', 'fund', 'insurance', 'other']) }}{%- endmacro %}

{# A year's margin of a customer's balances, to the cent: month-end balances x basis points / 12; where the caliber says so,
   the margin of the products held on the date takes the place of the family's. Hundredths of a basis point throughout. #}
{% macro deposit_margin(caliber) -%}
    {%- set terms = [] -%}
    {%- for family in margin_families() -%}
        {%- set rate = (caliber.family_margin_bp[family] * 100) | int -%}
        {%- set used = 'coalesce(b.' ~ family ~ '_product_rate, ' ~ rate ~ ')' if caliber.is_product_margin_used else rate -%}
        {%- do terms.append('b.' ~ family ~ '_12m_amount * ' ~ used) -%}
    {%- endfor -%}
    {{ mean_amount('cast(' ~ terms | join(' + ') ~ ' as decimal(38, 2))', 12000000) }}
{%- endmacro %}
