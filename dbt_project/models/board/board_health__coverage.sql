-- How many customers have a value for each tag on the newest night; the list of tags is the wide table's own.
{%- set names = [] %}
{%- if execute %}
{%- for column in adapter.get_columns_in_relation(ref('customer_tags_all')) if column.name not in ['as_of_date', 'customer_id', 'currency'] %}
{%- do names.append(column.name) %}
{%- endfor %}
{%- endif %}
with counted as (
    select count(*) as customer_count
        {%- for name in names %}, count({{ name }}) as {{ name }}{% endfor %}
    from {{ ref('customer_tags_all') }}
    where as_of_date = (select to_date from {{ source('control', 'build_range') }})
),

tag as (
    {%- for name in names %}
    select '{{ name }}' as tag_id, customer_count, {{ name }} as filled_count from counted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select '' as tag_id, customer_count, customer_count as filled_count from counted where customer_count < 0
    {%- endfor %}
)

select
    cast(tag_id as varchar) as tag_id,
    cast(customer_count as bigint) as customer_count,
    cast(filled_count as bigint) as filled_count,
    cast(filled_count as double) / nullif(cast(customer_count as double), 0) as filled_rate
from tag
