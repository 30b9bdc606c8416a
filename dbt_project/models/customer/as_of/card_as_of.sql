{{ snapshot_incremental() }}
{{ card_at(snapshot_dates()) }}
