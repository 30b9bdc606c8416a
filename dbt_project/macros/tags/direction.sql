{# TAG-A19 from the sums change_1w .. change_<n>w (what the last 1 .. n weeks added): the sign of the least-squares slope of
   the n + 1 end-of-day balances a week apart, where the slope is more than t standard errors from zero; else 0.
   With x = weeks from the middle and y = balance less today's: t^2 = Sxy^2 (n - 1) / (Sxx Syy - Sxy^2). #}
{% macro direction(alias) -%}
    {%- set weeks = tag_parameter('direction_weeks') -%}
    {%- set t_squared = tag_parameter('direction_t') ** 2 -%}
    {%- set lost, squares, slope, spread = [], [], [], [] -%}
    {%- for week in range(1, weeks + 1) -%}
        {%- set change = 'cast(coalesce(' ~ alias ~ '.change_' ~ week ~ 'w, 0) as double)' -%}
        {%- do lost.append(change) -%}
        {%- do squares.append('power(' ~ change ~ ', 2)') -%}
        {%- do slope.append('(' ~ (week - weeks / 2) ~ ') * coalesce(' ~ alias ~ '.change_' ~ week ~ 'w, 0)') -%}
    {%- endfor -%}
    {%- for week in range(weeks + 1) -%}{%- do spread.append((week - weeks / 2) ** 2) -%}{%- endfor -%}
    {%- set sxy = '(' ~ slope | join(' + ') ~ ')' -%}
    {%- set syy = '((' ~ squares | join(' + ') ~ ') - power(' ~ lost | join(' + ') ~ ', 2) / ' ~ (weeks + 1) ~ '.0)' -%}
    case when {{ sxy }} <> 0
            and ({{ weeks - 1 }} + {{ t_squared }}) * power(cast({{ sxy }} as double), 2) > {{ t_squared * spread | sum }} * {{ syy }}
        then case when {{ sxy }} > 0 then 1 else -1 end else 0 end
{%- endmacro %}
