{# A money total divided by a whole number, half a cent rounded up, the same cent on every engine: integers in, no double
   is ever rounded to money. #}
{% macro mean_amount(total, count) -%}
    cast(
        cast(floor(cast(200 * ({{ total }}) + ({{ count }}) as double) / nullif(2 * ({{ count }}), 0)) as decimal(18, 0))
        * cast(0.01 as decimal(3, 2)) as decimal(18, 2)
    )
{%- endmacro %}
