{# True when one version of a key takes effect before another (both aliases have changed_date and known_at). #}
{% macro precedes(first, second) -%}
    (
        greatest({{ first }}.changed_date, {{ first }}.known_at) < greatest({{ second }}.changed_date, {{ second }}.known_at)
        or (
            greatest({{ first }}.changed_date, {{ first }}.known_at) = greatest({{ second }}.changed_date, {{ second }}.known_at)
            and (
                {{ first }}.changed_date < {{ second }}.changed_date
                or ({{ first }}.changed_date = {{ second }}.changed_date and {{ first }}.known_at < {{ second }}.known_at)
            )
        )
    )
{%- endmacro %}
