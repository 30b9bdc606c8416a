select * from {{ ref('stg_core__private_domain') }}
