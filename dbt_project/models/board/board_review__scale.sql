-- The shared axis of the forest per kind of metric: round steps, wide enough for all but the widest intervals.
with reach as (
    select
        metric_kind,
        greatest(-model_increment_low, -naive_gap, 0) as below,
        greatest(model_increment_high, naive_gap, 0) as above
    from {{ ref('board_review__strategy') }}
    where is_measured and verdict <> 'invalid' and model_increment_low is not null
),

typical as (
    select metric_kind, 3 * median(greatest(below, above)) as longest, max(below) as below, max(above) as above
    from reach
    group by metric_kind
),

clipped as (
    select metric_kind, least(below, longest) as below, least(above, longest) as above,
        nullif((least(below, longest) + least(above, longest)) / 5, 0) as raw_step
    from typical
),

magnitude as (
    select *, power(10, floor(ln(raw_step) / ln(10))) as unit
    from clipped
    where raw_step is not null
),

stepped as (
    select *, unit * case when raw_step <= unit * 1.5 then 1 when raw_step <= unit * 3 then 2
            when raw_step <= unit * 7 then 5 else 10 end as step
    from magnitude
)

select
    cast(metric_kind as varchar) as metric_kind,
    cast(step as double) as step,
    cast(-ceil(below / step) * step as double) as low,
    cast(ceil(above / step) * step as double) as high
from stepped
