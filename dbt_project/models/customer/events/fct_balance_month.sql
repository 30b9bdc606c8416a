{{ known_incremental() }}
-- The month ends of the run: the last month end before it plus the changes since. A change counts from the day it was both
-- true and known; in the average, from its own date. A customer whose month was all zero has no row.
{%- set families = ['demand', 'time', 'wealth', 'fund', 'insurance'] %}
{%- set effect = 'greatest(c.balance_date, c.known_at)' %}
with recursive month_end (month_end_date) as (
    select last_day({{ load_from_date() }}) where last_day({{ load_from_date() }}) <= {{ to_date() }}
    union all
    select last_day(cast(month_end_date + interval '1' day as date))
    from month_end
    where last_day(cast(month_end_date + interval '1' day as date)) <= {{ to_date() }}
),

start_row as (
    {%- if is_incremental() %}
    select *
    from {{ this }}
    where month_end_date = (select max(month_end_date) from {{ this }} where month_end_date < {{ load_from_date() }})
    {%- else %}
    select
        cast(null as varchar) as customer_id, cast(null as date) as month_end_date, cast(0 as decimal(18, 2)) as aum_end_amount
        {%- for family in families + ['other'] %}, cast(0 as decimal(18, 2)) as {{ family }}_end_amount{% endfor %}
    where false
    {%- endif %}
),

monthly as (
    select
        c.customer_id,
        last_day({{ effect }}) as month_end_date,
        sum(c.delta_amount) as aum_delta,
        sum(c.delta_amount * (1 + {{ days_between("greatest(c.balance_date, cast(date_trunc('month', " ~ effect ~ ") as date))", 'last_day(' ~ effect ~ ')') }}))
            as day_amount
        {%- for family in families %},
        sum(c.delta_amount) filter (where c.product_family = '{{ family }}') as {{ family }}_delta
        {%- endfor %},
        sum(c.delta_amount) filter (where c.product_family not in ('{{ families | join("', '") }}')) as other_delta
    from {{ ref('fct_balance_change') }} as c
    inner join {{ ref('product_family') }} as f on c.product_family = f.product_family and f.is_aum
    where
        {{ effect }} > coalesce((select max(month_end_date) from start_row), cast('0001-01-01' as date))
        and {{ effect }} <= (select max(month_end_date) from month_end)
    group by c.customer_id, last_day({{ effect }})
),

grid as (
    select k.customer_id, m.month_end_date
    from (select customer_id from start_row union select customer_id from monthly) as k
    cross join month_end as m
),

summed as (
    select
        g.customer_id,
        g.month_end_date,
        cast(coalesce(d.day_amount, 0) as decimal(38, 2)) as day_amount,
        cast(coalesce(d.aum_delta, 0) as decimal(18, 2)) as aum_delta
        {%- for family in ['aum'] + families + ['other'] %},
        cast(
            coalesce(s.{{ family }}_end_amount, 0) + coalesce(sum(d.{{ family }}_delta) over to_date, 0) as decimal(18, 2)
        ) as {{ family }}_end_amount
        {%- endfor %}
    from grid as g
    left join monthly as d on g.customer_id = d.customer_id and g.month_end_date = d.month_end_date
    left join start_row as s on g.customer_id = s.customer_id
    window to_date as (partition by g.customer_id order by g.month_end_date nulls last rows unbounded preceding)
),

averaged as (
    select
        *,
        {{ mean_amount(
            '(aum_end_amount - aum_delta) * extract(day from month_end_date) + day_amount', 'extract(day from month_end_date)'
        ) }} as aum_average_amount
    from summed
)

select
    customer_id,
    month_end_date,
    aum_end_amount,
    aum_average_amount,
    {% for family in families + ['other'] %}{{ family }}_end_amount,
    {% endfor -%}
    month_end_date as known_at
from averaged
where aum_end_amount <> 0 or aum_average_amount <> 0
{%- for family in families %} or {{ family }}_end_amount <> 0{% endfor %}
