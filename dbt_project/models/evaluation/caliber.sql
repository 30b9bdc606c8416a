-- The calibers of customer_evaluation.yml as a table: what readers show beside the figures.
{%- for caliber in calibers() %}
{%- set rates = {} %}
{%- for name, value in caliber.items() if name[:4] not in ['name', 'text'] %}{% do rates.update({name: value}) %}{% endfor %}
select
    cast({{ caliber.version }} as integer) as caliber_version,
    '{{ caliber.name_zh | replace("'", "''") }}' as name_zh,
    '{{ caliber.name_en | replace("'", "''") }}' as name_en,
    '{{ caliber.text_zh | replace("'", "''") }}' as text_zh,
    '{{ caliber.text_en | replace("'", "''") }}' as text_en,
    '{{ tojson(rates, sort_keys=true) }}' as rates,
    {{ 'true' if loop.last else 'false' }} as is_current
{{ 'union all' if not loop.last }}
{%- endfor %}
