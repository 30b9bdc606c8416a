{{ snapshot_incremental() }}
{{ customer_at(snapshot_dates()) }}
