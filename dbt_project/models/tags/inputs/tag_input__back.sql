{{ config(materialized='table') }}
-- Who has money again: whoever was dormant or lost before and is here, is won back (TAG-L10).
select b.customer_id, b.history_start_date, c.opened_date, b.as_of_date
from {{ ref('tag_input__balance') }} as b
inner join {{ ref('customer_as_of') }} as c on b.as_of_date = c.as_of_date and b.customer_id = c.customer_id
where b.month_average_amount >= {{ tag_parameter('dormant_max_aum') }}
    and b.month_average_amount >= {{ tag_parameter('win_back_rest') }} * b.peak_12m_amount
