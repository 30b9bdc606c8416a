{# Spending group of a merchant category code; null for codes of no group. #}
{% macro spend_group(mcc) -%}
    case
        {%- for group, ranges in tag_parameter('spend_groups').items() %}
        when {% for low, high in ranges %}{{ mcc }} between '{{ low }}' and '{{ high }}'{{ ' or ' if not loop.last }}{% endfor %} then '{{ group }}'
        {%- endfor %}
    end
{%- endmacro %}

{# The families of a list, each where its condition holds, as one text with commas between; '' for none.
   condition: text with __family__ in the place of the family. #}
{% macro family_list(families, condition) -%}
    substr(
        {%- for family in families %}
        case when {{ condition | replace('__family__', family) }} then ',{{ family }}' else '' end{{ ' ||' if not loop.last }}
        {%- endfor %}, 2)
{%- endmacro %}
