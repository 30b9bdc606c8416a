{# {tag id: its metadata} of the columns that a domain's yml declares as tags, in that order. #}
{% macro tag_declarations(model_name) -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
            {%- for column in node.columns.values() if column.config.meta.tag is defined -%}
                {%- do found.update({column.name: column.config.meta.tag}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
