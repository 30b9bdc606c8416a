select * from {{ ref('stg_core__rm_assignment') }}
