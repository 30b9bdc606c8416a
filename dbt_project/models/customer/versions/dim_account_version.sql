{{ known_incremental() }}
-- Every change of an account, balances apart.
{{ changed_versions(
    door=ref('united__account'),
    key=['account_id'],
    content=[
        'customer_id', 'product_id', 'branch_id', 'opened_date', 'closed_date', 'status', 'is_salary_account',
        'is_pension_account', 'currency'
    ]
) }}
