{# Look-back conditions: a window of n days ends on the snapshot date and includes it. #}
{% macro within_days(column, days, as_of='s.as_of_date') -%}
    {{ column }} > cast({{ as_of }} - interval '{{ days }}' day as date) and {{ column }} <= {{ as_of }}
{%- endmacro %}

{# The n-th block of 30 days back from the snapshot date; block 1 ends on it. #}
{% macro in_block(column, block, as_of='as_of_date', days=30) -%}
    {{ column }} > cast({{ as_of }} - interval '{{ block * days }}' day as date)
        and {{ column }} <= cast({{ as_of }} - interval '{{ (block - 1) * days }}' day as date)
{%- endmacro %}

{% macro quoted(values) -%}
    {%- for value in values -%}'{{ value }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{# True when `needed` neighbouring blocks out of `total` all have a count above zero. #}
{% macro consecutive_blocks(prefix, total, needed) -%}
    (
    {%- for first in range(1, total - needed + 2) -%}
        (
        {%- for block in range(first, first + needed) -%}
            coalesce({{ prefix }}{{ block }}, 0) > 0{{ ' and ' if not loop.last }}
        {%- endfor -%}
        ){{ ' or ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
