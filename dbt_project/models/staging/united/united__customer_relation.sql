select * from {{ ref('stg_core__customer_relation') }}
