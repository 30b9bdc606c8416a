{{ snapshot_incremental() }}
{{ account_at(snapshot_dates(), ref('holding_as_of')) }}
