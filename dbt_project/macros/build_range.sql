{# The run in hand as scalar subqueries: what is loaded (load_from .. to), and the dates that get a snapshot. #}
{% macro load_from_date() %}(select load_from_date from {{ source('control', 'build_range') }}){% endmacro %}
{% macro to_date() %}(select to_date from {{ source('control', 'build_range') }}){% endmacro %}
{% macro in_load_range(column) %}{{ column }} between {{ load_from_date() }} and {{ to_date() }}{% endmacro %}
{% macro snapshot_dates() %}(select distinct as_of_date from {{ source('control', 'snapshot_date') }}){% endmacro %}
{% macro last_date() %}(select to_date as as_of_date from {{ source('control', 'build_range') }}){% endmacro %}
