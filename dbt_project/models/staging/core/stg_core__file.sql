-- The version of each loaded file: the later version wins where both name the same key and date.
select
    file_id,
    max(file_version) as file_version
from {{ source('control', 'file_ledger') }}
where source = 'core' and status = 'loaded'
group by file_id
