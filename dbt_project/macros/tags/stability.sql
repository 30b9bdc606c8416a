{# TAG-T13: 1 - coefficient of variation (population) of the external credits of six 30-day blocks, never below 0;
   null when fewer than the needed blocks have credits. #}
{% macro credit_stability(alias) -%}
    {%- set blocks = [] -%}
    {%- for block in range(1, 7) -%}
        {%- do blocks.append("coalesce(cast(" ~ alias ~ ".credit_amount_block" ~ block ~ " as double), 0)") -%}
    {%- endfor -%}
    {%- set mean = "((" ~ blocks | join(" + ") ~ ") / 6)" -%}
    case when {% for block in blocks %}(case when {{ block }} > 0 then 1 else 0 end){{ " + " if not loop.last }}{% endfor %}
            >= {{ tag_parameter('stability_min_blocks') }}
        then greatest(0.0, 1 - sqrt(({% for block in blocks %}power({{ block }} - {{ mean }}, 2){{ " + " if not loop.last }}{% endfor %}) / 6)
            / nullif({{ mean }}, 0)) end
{%- endmacro %}

{# How many of the last six 30-day blocks brought in more than they took out. #}
{% macro positive_net_blocks(alias) -%}
    {%- for block in range(1, 7) -%}
        case when coalesce({{ alias }}.credit_amount_block{{ block }}, 0)
            > coalesce({{ alias }}.debit_amount_block{{ block }}, 0) then 1 else 0 end{{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
