-- How often the cells of a stretch were written to: calls that arrived, were settled or rated anew. Beginning with the cell that the stretch begins in.
SELECT sum(changes)
FROM cell_changes
WHERE tenant_id = {tenant:UUID} AND cell > fromUnixTimestamp64Micro({from:Int64}, 'UTC') - toIntervalMinute(15) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
