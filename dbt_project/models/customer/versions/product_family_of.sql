-- A product's family never changes, so the first word on it holds for every date.
select p.product_id, p.product_family, f.is_aum, f.is_purchase
from (
    select product_id, product_family
    from {{ ref('dim_product_version') }}
    qualify row_number() over (partition by product_id order by changed_date nulls last, known_at nulls last) = 1
) as p
inner join {{ ref('product_family') }} as f on p.product_family = f.product_family
