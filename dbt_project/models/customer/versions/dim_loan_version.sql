{{ known_incremental() }}
-- Every change of a loan.
{{ changed_versions(
    door=ref('united__loan'),
    key=['loan_id'],
    content=[
        'customer_id', 'loan_type', 'granted_amount', 'granted_date', 'drawn_amount', 'balance_amount',
        'interest_rate', 'overdue_day_count', 'maturity_date', 'status', 'currency'
    ]
) }}
