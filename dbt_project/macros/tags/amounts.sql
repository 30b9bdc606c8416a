{# The bank's coefficient of a product family in weighted assets; 0 for families that are not assets. #}
{% macro family_weight(family) -%}
    cast(case {{ family }}
        {%- for name, weight in tag_parameter('family_weights').items() %} when '{{ name }}' then {{ weight }}{% endfor %}
        else 0 end as decimal(4, 2))
{%- endmacro %}

{# Share of two amounts as a double; null when the whole is null, zero or below the floor. #}
{% macro rate(part, whole, floor=0) -%}
    case when {{ whole }} >= {{ floor }} then cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0) end
{%- endmacro %}

{# Number of the asset tier of a monthly average, 1 for the lowest. #}
{% macro tier_number(amount) -%}
    case
        {%- for floor in tag_parameter('tier_floors') %} when {{ amount }} < {{ floor }} then {{ loop.index }}{% endfor %}
        else {{ tag_parameter('tier_names') | length }} end
{%- endmacro %}
