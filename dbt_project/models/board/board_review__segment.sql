-- The increment by tier of assets, raw and pulled towards the strategy's mean: exploratory, cells under ten are left out.
select
    cast(g.strategy_id as varchar) as strategy_id,
    cast(g.segment as varchar) as segment,
    cast(s.metric_kind as varchar) as metric_kind,
    cast(g.people_count as bigint) as people_count,
    cast(g.increment as double) as increment,
    cast(g.increment_low as double) as increment_low,
    cast(g.increment_high as double) as increment_high,
    cast(g.shrunken as double) as shrunken
from {{ source('measure', 'segment') }} as g
inner join {{ ref('board_review__strategy') }} as s
    on s.strategy_id = g.strategy_id and s.measured_version = g.strategy_version and s.as_of_date = g.as_of_date
