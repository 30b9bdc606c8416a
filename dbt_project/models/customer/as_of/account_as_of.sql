{{ snapshot_incremental() }}
{{ account_at(snapshot_dates(), '(' ~ contract_at(snapshot_dates()) ~ ')') }}
