{# Data tests of dated partitions that look at this run's dates only: their cost must not grow with history. #}
{% test one_row_per_customer(model) %}
-- a row too many, a row missing, and a row of nobody all show
select t.as_of_date, t.customer_id, count(*) as row_count
from (
    select as_of_date, customer_id, 1 as is_tag_row from {{ model }} where as_of_date in {{ snapshot_dates() }}
    union all
    select as_of_date, customer_id, 0 as is_tag_row from {{ ref('customer_as_of') }} where as_of_date in {{ snapshot_dates() }}
) as t
group by t.as_of_date, t.customer_id
having count(*) <> 2 or sum(t.is_tag_row) <> 1
{% endtest %}

{# What the yml says of each tag holds: a "never null" tag is not null, a value is one of the allowed. One scan for all. #}
{% test tags_as_declared(model) %}
{%- set faults = declared_faults(model.identifier) -%}
select as_of_date, customer_id, {{ faults | map(attribute='text') | join(' || ') or "''" }} as faults
from {{ model }}
where as_of_date in {{ snapshot_dates() }}
    and (as_of_date is null or customer_id is null
    {%- for fault in faults %}
        or {{ fault.condition }}
    {%- endfor %})
{% endtest %}

{% macro declared_faults(model_name) -%}
    {%- set found = [] -%}
    {%- for name, tag in tag_declarations(model_name).items() -%}
        {%- set conditions = [] -%}
        {%- if tag.null_rule.startswith('never null') -%}{%- do conditions.append(name ~ ' is null') -%}{%- endif -%}
        {%- if tag.allowed_values -%}
            {%- do conditions.append(name ~ ' not in (' ~ quoted(tag.allowed_values) ~ ')') -%}
        {%- endif -%}
        {%- for condition in conditions -%}
            {%- do found.append({'condition': condition,
                'text': "case when " ~ condition ~ " then '" ~ name ~ " ' else '' end"}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Changes of the life-cycle stage that only bad or late data make; a warning, never an error. #}
{% test transitions_as_allowed(model) %}
select as_of_date, from_stage, to_stage, customer_count
from {{ model }}
where as_of_date in {{ snapshot_dates() }} and not is_allowed
{% endtest %}
