-- The whole bank, night by night: lifts that strategies claim, what the global holdout shows, and what is counted twice.
{%- set parts = ['claimed', 'shown', 'gap'] %}
select
    cast(as_of_date as date) as as_of_date,
    cast(window_days as integer) as window_days,
    cast(status as varchar) as status,
    cast(marketed_count as bigint) as marketed_count,
    cast(held_count as bigint) as held_count,
    cast(marketed_mean as double) as marketed_mean,
    cast(held_mean as double) as held_mean,
    {%- for part in parts %}
    cast({{ part }} as double) as {{ part }},
    cast({{ part }}_low as double) as {{ part }}_low,
    cast({{ part }}_high as double) as {{ part }}_high,
    {%- endfor %}
    cast(strategy_count as bigint) as strategy_count,
    cast(discovery_count as bigint) as discovery_count,
    cast(curse_claimed as double) as curse_claimed,
    cast(curse_shrunken as double) as curse_shrunken
from {{ source('measure', 'holdout') }}
