-- birth_number is YYMMDD; women have 50 added to the month.
with split as (
    select
        cast(client_id as varchar) as client_id,
        cast(district_id as varchar) as district_id,
        substr(birth_number, 1, 2) as year_text,
        cast(substr(birth_number, 3, 2) as integer) as month_number,
        substr(birth_number, 5, 2) as day_text,
        is_known_assumed,
        known_at
    from {{ source('berka', 'berka_client') }}
)

select
    client_id,
    district_id,
    cast(
        '19' || year_text || '-'
        || lpad(cast(case when month_number > 50 then month_number - 50 else month_number end as varchar), 2, '0')
        || '-' || day_text as date
    ) as birth_date,
    case when month_number > 50 then 'F' else 'M' end as gender,
    is_known_assumed,
    known_at
from split
