{{ snapshot_incremental() }}
{{ loan_at(snapshot_dates()) }}
