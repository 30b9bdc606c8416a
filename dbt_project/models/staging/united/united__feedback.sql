select * from {{ ref('stg_core__feedback') }}
