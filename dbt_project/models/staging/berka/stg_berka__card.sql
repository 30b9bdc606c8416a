-- issued is the text YYMMDD 00:00:00.
select
    cast(card_id as varchar) as card_id,
    cast(disp_id as varchar) as disp_id,
    type as card_type,
    cast(
        '19' || substr(issued, 1, 2) || '-' || substr(issued, 3, 2) || '-' || substr(issued, 5, 2) as date
    ) as issued_date,
    is_known_assumed,
    known_at
from {{ source('berka', 'berka_card') }}
