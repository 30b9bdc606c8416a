{# The rows of a snapshot entity that say something new, in the order in which they take effect.
   A row takes effect on the later of its business date and its knowledge date. It is late when a row with a later business
   date already had effect: the state never shows it, balances are corrected by it. Kept: rows that differ from the row
   before, late rows, and rows dated ahead of their knowledge (what precedes those is not known yet).
   door: relation with key, content, changed_date, is_known_assumed, known_at, one row per key, changed_date and known_at
   earlier: select of the same keys' rows known before the run; default: the model's own rows. carry: columns to show as previous_<column>,
   and with them superseding_date, the newest date that had effect before a late row. #}
{% macro changed_versions(door, key, content, earlier=none, carry=[]) %}
{%- set in_effect = 'greatest(changed_date, known_at) nulls last, changed_date nulls last, known_at nulls last' -%}
with arrived as (
    select {{ (key + content) | join(', ') }}, changed_date, is_known_assumed, known_at from {{ door }}
),
{% if earlier or is_incremental() %}
earlier as (
    select {{ prefixed('e', key + content) }}, e.changed_date, e.known_at
    from {{ '(' ~ earlier ~ ')' if earlier else this }} as e
    inner join (select distinct {{ key | join(', ') }} from arrived) as a
        on {% for column in key %}e.{{ column }} = a.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where e.known_at < {{ load_from_date() }}{{ ' and not e.is_late' if not earlier }}
),
{% endif %}
together as (
    select {{ (key + content) | join(', ') }}, changed_date, is_known_assumed, true as is_arriving, known_at from arrived
    {%- if earlier or is_incremental() %}
    union all
    select {{ (key + content) | join(', ') }}, changed_date, false as is_known_assumed, false as is_arriving, known_at
    from earlier
    {%- endif %}
),

ordered as (
    select
        *,
        max(changed_date) over (
            partition by {{ key | join(', ') }} order by {{ in_effect }} rows between unbounded preceding and 1 preceding
        ) as newest_date
    from together
),

judged as (
    select *, coalesce(changed_date < newest_date, false) as is_late, {{ fingerprint(content) }} as content_fingerprint
    from ordered
),

chained as (
    select
        *,
        {%- for column in carry %}
        case when not is_late then lag({{ column }}) over effect end as previous_{{ column }},
        {%- endfor %}
        lag(content_fingerprint) over effect as previous_fingerprint
    from judged
    window effect as (partition by {{ key | join(', ') }}, is_late order by {{ in_effect }})
)

select
    {{ (key + content) | join(',\n    ') }},
    {%- for column in carry %}
    previous_{{ column }},
    {%- endfor %}
    {%- if carry %}
    case when is_late then newest_date end as superseding_date,
    {%- endif %}
    is_late,
    changed_date,
    is_known_assumed,
    known_at
from chained
where
    is_arriving
    and (
        is_late or changed_date > known_at or previous_fingerprint is null
        or content_fingerprint <> previous_fingerprint
    )
{% endmacro %}

{% macro prefixed(alias, columns) %}
    {%- for column in columns %}{{ alias }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{% endmacro %}
