{{ config(materialized='table') }}
-- Customers below a tenth of their peak on each of the last 60 days (TAG-L09).
with levels as (
    select as_of_date, as_of_date as on_date, customer_id, aum_amount, peak_12m_amount from {{ ref('tag_input__balance') }}
),

{{ fallen('levels') }}

select customer_id, as_of_date from fallen
