{# Signed counts of customer-initiated transactions and logins per day of the customers in `watched`
   (customer_id, first_as_of_date, last_as_of_date); only those customers touch old activity. #}
{% macro active_days(watched) -%}
    {%- for fact, date_column, count_column in [('fct_transaction_measure', 'txn_date', 'initiated_count'),
                                                ('fct_app_day', 'event_date', 'login_count')] %}
    select d.customer_id, d.{{ date_column }} as active_date, d.known_at, cast(d.{{ count_column }} as integer) as activity
    from {{ ref(fact) }} as d
    inner join {{ watched }} as w on d.customer_id = w.customer_id and d.known_at <= w.last_as_of_date
        and d.{{ date_column }} > cast(w.first_as_of_date - interval '550' day as date)
        and d.{{ date_column }} <= w.last_as_of_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
