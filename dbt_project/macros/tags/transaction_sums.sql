{# (name, column of fct_transaction_measure, first day back, day back that ends the window) of every summed transaction window. #}
{% macro transaction_sums() -%}
    {%- set sums = [
        ('row_count', '1', 0, 365),
        ('initiated_count_90d', 'initiated_count', 0, 90),
        ('initiated_count_91_180d', 'initiated_count', 90, 180),
        ('initiated_amount_90d', 'initiated_amount', 0, 90),
        ('credit_amount_90d', 'external_credit_amount', 0, 90),
        ('debit_amount_90d', 'external_debit_amount', 0, 90),
        ('salary_count_92d', 'salary_count', 0, 92),
        ('salary_amount_92d', 'salary_amount', 0, 92),
        ('salary_count_45d', 'salary_count', 0, tag_parameter('payroll_stop_days')),
        ('salary_count_61_152d', 'salary_count', 60, 152),
        ('pension_count_60d', 'pension_count', 0, 60),
        ('pension_amount_90d', 'pension_amount', 0, 90),
        ('cross_border_count_180d', 'cross_border_count', 0, 180),
        ('card_spend_amount_90d', 'card_spend_amount', 0, 90),
        ('card_spend_count_180d', 'card_spend_count', 0, 180),
        ('card_spend_amount_365d', 'card_spend_amount', 0, 365),
        ('education_amount_180d', 'education_amount', 0, 180),
        ('education_count_180d', 'education_count', 0, 180),
        ('securities_count_90d', 'securities_count', 0, 90),
        ('securities_net_amount_90d', 'securities_net_amount', 0, 90),
        ('dividend_amount_365d', 'dividend_amount', 0, 365)
    ] -%}
    {%- for block in range(1, 7) -%}
        {%- do sums.append(('credit_amount_block' ~ block, 'external_credit_amount', 30 * (block - 1), 30 * block)) -%}
        {%- do sums.append(('debit_amount_block' ~ block, 'external_debit_amount', 30 * (block - 1), 30 * block)) -%}
    {%- endfor -%}
    {{ return(sums) }}
{%- endmacro %}
