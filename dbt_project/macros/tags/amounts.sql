{# Half-up division of an exact decimal total (scale 2 or 4) by a whole number of days, to the cent.
   Whole units divided as doubles are exact here, where a double of money would round 1.005 either way. #}
{% macro average_amount(total, day_count, scale=2) -%}
    {%- set units = "cast(cast(" ~ total ~ " as decimal(24, " ~ scale ~ ")) * " ~ 10 ** scale ~ " as bigint)" -%}
    {%- set divisor = "(" ~ day_count ~ ")" if scale == 2 else "(" ~ day_count ~ ") * " ~ 10 ** (scale - 2) -%}
    cast(cast(floor((2 * cast({{ units }} as double) + {{ divisor }}) / (2 * {{ divisor }})) as decimal(18, 0)) * 0.01
        as decimal(18, 2))
{%- endmacro %}

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
