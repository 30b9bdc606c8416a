{# Data tests of incremental models look at the partitions of the run only, so that a night's cost does not grow with the
   history: `where: __known_range__` or `where: __snapshot_range__` in a test's config. #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}{{ return(relation) }}{%- endif -%}
    {%- set known = 'known_at between (select load_from_date from control.build_range) and (select to_date from control.build_range)' -%}
    {%- set snapshot = 'as_of_date in (select as_of_date from control.snapshot_date)' -%}
    {%- set where = where | replace('__known_range__', known) | replace('__snapshot_range__', snapshot) -%}
    {%- do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery') -%}
{%- endmacro %}
