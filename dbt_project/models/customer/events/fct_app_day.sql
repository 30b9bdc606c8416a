{{ known_incremental() }}
-- Sessions of kept and of retracted rows are counted apart, so that a corrected file adds up to its last version.
select
    customer_id,
    cast(event_at as date) as event_date,
    cast(sum(row_sign) as integer) as event_count,
    cast(
        count(distinct session_id) filter (where row_sign > 0) - count(distinct session_id) filter (where row_sign < 0)
        as integer
    ) as session_count,
    {{ signed_count("event_name = 'login'", 'row_sign') }} as login_count,
    {{ signed_count("event_name = 'page_view' and page_id like '%wealth%'", 'row_sign') }} as browse_wealth_count,
    {{ signed_count("event_name = 'page_view' and page_id like '%fund%'", 'row_sign') }} as browse_fund_count,
    {{ signed_count("event_name = 'page_view' and page_id like '%insurance%'", 'row_sign') }} as browse_insurance_count,
    {{ signed_count("event_name = 'calculator'", 'row_sign') }} as calculator_count,
    known_at
from {{ ref('united__app_event') }}
where customer_id is not null and not is_test
group by customer_id, cast(event_at as date), known_at
