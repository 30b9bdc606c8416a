{{ known_incremental() }}
-- Every change of a card.
{{ changed_versions(
    door=ref('united__card'),
    key=['card_id'],
    content=[
        'customer_id', 'product_id', 'issued_date', 'activated_date', 'first_txn_date', 'credit_limit_amount',
        'used_limit_amount', 'statement_day', 'status', 'quickpay_binding_count', 'currency'
    ]
) }}
