{# A number equal for equal rows, to compare neighbours within one statement; never stored, so its function may change. #}
{% macro fingerprint(columns) %}{{ return(adapter.dispatch('fingerprint')(columns)) }}{% endmacro %}
{% macro default__fingerprint(columns) %}hash({{ columns | join(', ') }}){% endmacro %}
{% macro spark__fingerprint(columns) %}xxhash64({{ columns | join(', ') }}){% endmacro %}
