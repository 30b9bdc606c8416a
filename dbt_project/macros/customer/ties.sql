{# What the bank's smaller files say on each of some dates, as CTE bodies: no table of their own. dates: relation with as_of_date. #}
{% macro household_rounds() %}{{ return(5) }}{% endmacro %}
{% macro household_confidence() %}0.5{% endmacro %}

{# Ties between customers in force: from_customer_id, to_customer_id, relation_type, confidence, as_of_date. #}
{% macro relation_at(dates) %}
select from_customer_id, to_customer_id, relation_type, confidence, as_of_date
from (
    {{ versions_at(ref('dim_customer_relation_version'),
        ['from_customer_id', 'to_customer_id', 'relation_type', 'valid_from_date'], ['valid_to_date', 'confidence'], dates) }}
) as v
where valid_from_date <= as_of_date and (valid_to_date is null or valid_to_date >= as_of_date)
{% endmacro %}

{# Private domain links in force: customer_id, link_type, link_id, valid_from_date, last_message_at, as_of_date. #}
{% macro private_domain_at(dates) %}
select customer_id, link_type, link_id, valid_from_date, last_message_at, as_of_date
from (
    {{ versions_at(ref('dim_private_domain_version'), ['customer_id', 'link_type', 'link_id', 'valid_from_date'],
        ['removed_date', 'last_message_at'], dates) }}
) as v
where valid_from_date <= as_of_date and (removed_date is null or removed_date > as_of_date)
{% endmacro %}

{# Villages: village_id, branch_id, household_count, listed_count, visited_count, granted_count, drawn_count, as_of_date. #}
{% macro village_at(dates) %}
{{ versions_at(ref('dim_village_version'), ['village_id'],
    ['branch_id', 'household_count', 'listed_count', 'visited_count', 'granted_count', 'drawn_count'], dates) }}
{% endmacro %}

{# Quotas (what is left) and unit costs (yuan): supply_kind, object_type, object_id, branch_id, quantity, unit, as_of_date. #}
{% macro supply_at(dates) %}
{{ versions_at(ref('dim_supply_version'), ['supply_kind', 'object_type', 'object_id', 'branch_id'], ['quantity', 'unit'], dates) }}
{% endmacro %}

{# Applications, referrals and prospects in their stage: the columns of dim_case_version, as_of_date. #}
{% macro case_at(dates) %}
{{ versions_at(ref('dim_case_version'), ['case_kind', 'case_id'], [
    'customer_id', 'source_type', 'source_id', 'employee_id', 'channel_id', 'product_type', 'product_id', 'started_date',
    'stage', 'staged_at', 'amount', 'due_date', 'is_consented'
], dates) }}
{% endmacro %}
