{# Look-back conditions: a window of n days ends on the snapshot date and includes it. #}
{% macro within_days(column, days, as_of='s.as_of_date') -%}
    {{ column }} > cast({{ as_of }} - interval '{{ days }}' day as date) and {{ column }} <= {{ as_of }}
{%- endmacro %}

{# The n-th block of 30 days back from the snapshot date, by age in days; block 1 ends on the date itself. #}
{% macro in_block(age, block) -%}
    {{ age }} >= {{ 30 * (block - 1) }} and {{ age }} < {{ 30 * block }}
{%- endmacro %}

{% macro quoted(values) -%}
    {%- for value in values -%}'{{ value }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{# The last `count` month-ends before each snapshot date: as_of_date, month_end_date. #}
{% macro past_month_ends(count) -%}
    {%- for months_ago in range(1, count + 1) %}
    select as_of_date, last_day(cast(as_of_date - interval '{{ months_ago }}' month as date)) as month_end_date
    from {{ snapshot_dates() }} as s{{ months_ago }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
