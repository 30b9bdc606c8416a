{{ snapshot_incremental() }}
select
    complaint_id,
    customer_id,
    cast(complained_at as date) as complained_date,
    topic,
    severity,
    case when cast(closed_at as date) <= as_of_date then cast(closed_at as date) end as closed_date,
    as_of_date
from (
    {{ versions_at(ref('dim_complaint_version'), ['complaint_id'], [
        'customer_id', 'complained_at', 'topic', 'severity', 'closed_at'
    ], snapshot_dates()) }}
) as v
where cast(complained_at as date) <= as_of_date
