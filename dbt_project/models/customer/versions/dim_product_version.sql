{{ known_incremental() }}
-- Every change of a product.
{{ changed_versions(
    door=ref('united__product'),
    key=['product_id'],
    content=[
        'product_family', 'name_zh', 'name_en', 'risk_level', 'term_day_count', 'minimum_amount', 'expected_rate',
        'margin_bp', 'quota_remaining_amount', 'is_on_sale'
    ]
) }}
