{# Event rows of the run with retractions that meet their own row in the same run taken out (a corrected file repeats most
   rows of the one it replaces). door: relation with key, content, row_sign, is_known_assumed, known_at. #}
{% macro net_events(door, key, content) %}
with retracted as (
    select distinct {{ key }}, known_at from {{ door }} where row_sign < 0
)

select {{ prefixed('e', [key] + content) }}, e.row_sign, e.is_known_assumed, e.known_at
from {{ door }} as e
where not exists (select 1 from retracted as r where r.{{ key }} = e.{{ key }} and r.known_at = e.known_at)
union all
select
    {{ prefixed('e', [key] + content) }},
    cast(sum(e.row_sign) as tinyint) as row_sign,
    min(e.is_known_assumed) as is_known_assumed,
    e.known_at
from {{ door }} as e
inner join retracted as r on e.{{ key }} = r.{{ key }} and e.known_at = r.known_at
group by {{ prefixed('e', [key] + content) }}, e.known_at
having sum(e.row_sign) <> 0
{% endmacro %}
