-- Berka has no product file: its products are those of the accounts and cards that arrive, named by the vocabulary.
with arriving as (
    select 'current_account' as product_id, opened_date as first_date, is_known_assumed, known_at
    from {{ ref('stg_berka__account') }}
    union all
    select 'card_' || card_type, issued_date, is_known_assumed, known_at
    from {{ ref('stg_berka__card') }}
)

select
    product_id, product_family, name_zh, name_en, risk_level, term_day_count, minimum_amount, expected_rate, margin_bp,
    quota_remaining_amount, is_on_sale,
    changed_date, is_known_assumed, known_at
from {{ ref('stg_core__product') }}
union all
select
    p.product_id, p.product_family, p.name_zh, p.name_en, null, null, null, null, null,
    null, true,
    min(a.first_date), min(a.is_known_assumed), a.known_at
from arriving as a
inner join {{ ref('berka_product') }} as p on a.product_id = p.product_id
group by p.product_id, p.product_family, p.name_zh, p.name_en, a.known_at
