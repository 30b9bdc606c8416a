-- How many strategies stand under each verdict, and what the models added there; every verdict has its row.
with verdict as (
    select *
    from (values ('win', 1), ('harm', 2), ('futile', 3), ('undecided', 4), ('collecting', 5), ('invalid', 6))
        as t (verdict, verdict_order)
)

select
    cast(v.verdict as varchar) as verdict,
    cast(v.verdict_order as integer) as verdict_order,
    cast(count(s.strategy_id) as bigint) as strategy_count,
    cast(sum(cast(s.added_total as decimal(28, 8))) filter (where s.metric_kind = 'rate') as double) as added_people
from verdict as v
left join {{ ref('board_review__strategy') }} as s on s.verdict = v.verdict
group by v.verdict, v.verdict_order
