{# Counts and amounts of event rows that meet a condition; weight is +1 or, for what is taken back, -1. #}
{% macro signed_count(condition, weight='weight') -%}
    cast(coalesce(sum({{ weight }}) filter (where {{ condition }}), 0) as integer)
{%- endmacro %}
{% macro signed_amount(condition, amount='amount', weight='weight') -%}
    cast(coalesce(sum({{ amount }} * {{ weight }}) filter (where {{ condition }}), 0) as decimal(18, 2))
{%- endmacro %}
{# The same of a single row whose amount is signed already: what it adds to such a count or sum. #}
{% macro weighted_count(condition) -%}
    case when {{ condition }} then weight else 0 end
{%- endmacro %}
{% macro weighted_amount(condition, amount='amount') -%}
    cast(case when {{ condition }} then {{ amount }} else 0 end as decimal(18, 2))
{%- endmacro %}
