{# Completed years as the catalogue defines them (TAG-D01): floor(days / 365.25); null for an unknown birth date. #}
{% macro age_at(birth_date, as_of) -%}
    cast(floor({{ days_between(birth_date, as_of) }} / 365.25) as integer)
{%- endmacro %}

{# Completed calendar months from one date to a later one. #}
{% macro months_between(from_date, to_date) -%}
    cast((extract(year from {{ to_date }}) - extract(year from {{ from_date }})) * 12
        + extract(month from {{ to_date }}) - extract(month from {{ from_date }})
        - case when extract(day from {{ to_date }}) < extract(day from {{ from_date }}) then 1 else 0 end as integer)
{%- endmacro %}

{# Name of the age band; null for an unknown age. #}
{% macro age_band(age) -%}
    {%- set bands = tag_parameter('age_bands') -%}
    case
        when {{ age }} < {{ bands[0] }} then 'under_{{ bands[0] }}'
        {%- for band in bands[1:] %}
        when {{ age }} < {{ band }} then '{{ bands[loop.index0] }}_{{ band - 1 }}'
        {%- endfor %}
        when {{ age }} is not null then '{{ bands[-1] }}_plus'
    end
{%- endmacro %}
