{{ snapshot_incremental() }}
{#- The columns are those that the domains declare, so that a new tag is wide without an edit here. -#}
{%- set domains = ['demographics', 'assets', 'transactions', 'products', 'channels', 'lifecycle', 'card', 'value', 'risk', 'motives'] %}
-- {% for domain in domains %}depends_on: {{ ref('tags_' ~ domain) }} {% endfor %}
select
    c.customer_id,
    {%- for domain in domains %}
    {%- for tag in tag_declarations('tags_' ~ domain) %}
    {{ domain }}.{{ tag }},
    {%- endfor %}
    {%- endfor %}
    cast(null as varchar) as wealth_micro_segment, -- filled by the stage that follows: orchestration/segments
    c.currency,
    c.as_of_date
from {{ ref('customer_as_of') }} as c
{%- for domain in domains %}
inner join {{ ref('tags_' ~ domain) }} as {{ domain }}
    on c.as_of_date = {{ domain }}.as_of_date and c.customer_id = {{ domain }}.customer_id
{%- endfor %}
where c.as_of_date in {{ snapshot_dates() }}
