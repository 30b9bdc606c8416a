{{ known_incremental() }}
-- The households of the month ends of the run: who is tied to whom by then, joined into groups. Every customer takes the
-- smallest number among those tied to him, {{ household_rounds() }} times over; whoever is further apart is no household.
{%- set rounds = household_rounds() %}
with recursive month_end (as_of_date) as (
    select last_day({{ load_from_date() }}) where last_day({{ load_from_date() }}) <= {{ to_date() }}
    union all
    select last_day(cast(as_of_date + interval '1' day as date))
    from month_end
    where last_day(cast(as_of_date + interval '1' day as date)) <= {{ to_date() }}
),

ties as (
    {{ relation_at('month_end') | indent(4) }}
),

edge as (
    select from_customer_id as customer_id, to_customer_id as other_id, as_of_date
    from ties where confidence >= {{ household_confidence() }}
    union
    select to_customer_id, from_customer_id, as_of_date
    from ties where confidence >= {{ household_confidence() }}
),

label_0 as (
    select distinct customer_id, customer_id as household_id, as_of_date from edge
)

{%- for round in range(1, rounds + 1) %},

label_{{ round }} as (
    select l.customer_id, least(l.household_id, min(n.household_id)) as household_id, l.as_of_date
    from label_{{ round - 1 }} as l
    inner join edge as e on l.customer_id = e.customer_id and l.as_of_date = e.as_of_date
    inner join label_{{ round - 1 }} as n on e.other_id = n.customer_id and e.as_of_date = n.as_of_date
    group by l.customer_id, l.household_id, l.as_of_date
)
{%- endfor %},

role as (
    select
        from_customer_id as customer_id, as_of_date,
        max(relation_type = 'guardian') as is_guardian, max(relation_type = 'parent') as is_parent_of_adult,
        max(relation_type = 'spouse') as has_spouse
    from (
        select from_customer_id, relation_type, as_of_date from ties
        union all
        select to_customer_id, relation_type, as_of_date from ties where relation_type = 'spouse'
    ) as both_ways
    group by from_customer_id, as_of_date
)

select
    l.customer_id,
    l.as_of_date as month_end_date,
    l.household_id,
    cast(count(*) over (partition by l.household_id, l.as_of_date) as integer) as member_count,
    coalesce(r.has_spouse, false) as has_spouse,
    coalesce(r.is_guardian, false) as is_guardian,
    coalesce(r.is_parent_of_adult, false) as is_parent_of_adult,
    'smallest_number_{{ rounds }}' as method_version,
    l.as_of_date as known_at
from label_{{ rounds }} as l
left join role as r on l.customer_id = r.customer_id and l.as_of_date = r.as_of_date
