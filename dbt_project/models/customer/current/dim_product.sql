-- Products as the run leaves them.
select
    product_id, product_family, name_zh, name_en, risk_level, term_day_count, minimum_amount, expected_rate, margin_bp,
    quota_remaining_amount, is_on_sale
from (
    {{ versions_at(ref('dim_product_version'), ['product_id'], [
        'product_family', 'name_zh', 'name_en', 'risk_level', 'term_day_count', 'minimum_amount', 'expected_rate',
        'margin_bp', 'quota_remaining_amount', 'is_on_sale'
    ], '(' ~ last_date() ~ ')') }}
) as c
