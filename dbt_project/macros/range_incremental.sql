{# An incremental dbt model replaces whole dated partitions of the range in hand; a range equals its nights one by one.
   known: partitions by known_at between load_from_date and to_date.  snapshot: as_of_date in control.snapshot_date. #}
{% macro known_incremental() -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{% if is_incremental() %}delete from {{ this }} where known_at between (select load_from_date from {{ source('control', 'build_range') }}) and (select to_date from {{ source('control', 'build_range') }}){% endif %}"
    ) }}
{%- endmacro %}

{% macro snapshot_incremental() -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{% if is_incremental() %}delete from {{ this }} where as_of_date in (select as_of_date from {{ source('control', 'snapshot_date') }}){% endif %}"
    ) }}
{%- endmacro %}
