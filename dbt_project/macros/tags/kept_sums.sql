{# Windows move on by a night: the sums of a date are those of an earlier one, with the rows learnt since and those at the
   edges of a window. kept_sums: {definition, first, last}: the date before this run whose sums `this` still holds, and the run's last
   date; without them where the sums are of another definition, or too far back to be worth it. #}
{% macro kept_sums(sums, measures) -%}
    {%- if not execute -%}{{ return({'definition': ''}) }}{%- endif -%}
    {%- set definition = local_md5(tojson(sums) ~ graph.nodes['model.kehu.' ~ measures].checksum.checksum) -%}
    {%- if load_relation(this) is none -%}{{ return({'definition': definition}) }}{%- endif -%}
    {%- set dates -%}
        select max(k.as_of_date), (select max(s.as_of_date) from {{ snapshot_dates() }} as s)
        from {{ this }} as k
        where k.definition = '{{ definition }}' and k.as_of_date < {{ load_from_date() }}
    {%- endset -%}
    {%- set first, last = run_query(dates).rows[0] -%}
    {%- if first is none or last is none or (last - first).days > 10 -%}{{ return({'definition': definition}) }}{%- endif -%}
    {{ return({'definition': definition, 'first': first, 'last': last}) }}
{%- endmacro %}

{# Which rows may move a window between two dates: learnt since, or on a day that entered or left one. #}
{% macro moves_a_window(sums, kept) -%}
    {%- set edges = [] -%}
    {%- for name, column, first, last in sums -%}
        {%- do edges.extend([first, last]) -%}
    {%- endfor -%}
    (known_at > date '{{ kept.first }}'
    {%- for edge in edges | unique | sort %}
        or txn_date > date '{{ kept.first - modules.datetime.timedelta(edge) }}'
            and txn_date <= date '{{ kept.last - modules.datetime.timedelta(edge) }}'
    {%- endfor %})
{%- endmacro %}
