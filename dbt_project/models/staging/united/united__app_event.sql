select * from {{ ref('stg_core__app_event') }}
