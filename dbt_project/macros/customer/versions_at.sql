{# The version of every key in force on each date: intervals by lead() and a range join. dates: relation with as_of_date. #}
{% macro versions_at(version, key, columns, dates) %}
select {{ prefixed('v', key + columns) }}, v.changed_date, d.as_of_date
from (
    select
        {{ (key + columns) | join(', ') }},
        changed_date,
        greatest(changed_date, known_at) as valid_from,
        lead(greatest(changed_date, known_at)) over (
            partition by {{ key | join(', ') }}
            order by greatest(changed_date, known_at) nulls last, changed_date nulls last, known_at nulls last
        ) as valid_to
    from {{ version }}
    where not is_late
) as v
inner join {{ dates }} as d
    on v.valid_from <= d.as_of_date and (v.valid_to is null or v.valid_to > d.as_of_date)
{% endmacro %}
