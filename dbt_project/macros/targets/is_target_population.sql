{# Customers a model may learn from: adults (or of unknown age), alive, not the bank's own staff. #}
{% macro is_target_population(alias) -%}
    not coalesce({{ alias }}.is_deceased, false)
    and not coalesce({{ alias }}.is_employee, false)
    and ({{ alias }}.birth_date is null or {{ alias }}.birth_date <= {{ add_months(alias ~ '.as_of_date', -216) }})
{%- endmacro %}
