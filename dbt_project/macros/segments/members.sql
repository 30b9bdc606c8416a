{# Members per date of `dates` (a relation with as_of_date), from the intervals. #}
{% macro segment_members(dates) -%}
    select d.as_of_date, m.segment_set, m.segment_id, m.kind, m.customer_id, m.is_primary
    from {{ source('segments', 'membership') }} as m
    inner join {{ dates }} as d on m.valid_from <= d.as_of_date and (m.valid_to is null or m.valid_to > d.as_of_date)
{%- endmacro %}

{# Who counts as a member: the primary, or every match where groups may overlap. #}
{% macro counted_members(dates) -%}
    select m.as_of_date, m.segment_set, m.segment_id, m.customer_id
    from ({{ segment_members(dates) }}) as m
    left join (select distinct segment_set, is_exclusive from {{ source('segments', 'definition') }}) as s
        on m.segment_set = s.segment_set
    where m.is_primary or not coalesce(s.is_exclusive, true)
{%- endmacro %}

{# Groups smaller than this are not shown. #}
{% macro small_cell() %}10{% endmacro %}
