-- Where the tenant's calls of a range lie, and how often each quarter hour was written to: at least as often as it has calls.
SELECT toUInt32(toUnixTimestamp(cell)) AS cell_start, sum(changes) AS writes
FROM cell_changes
WHERE tenant_id = {tenant:UUID}
  AND cell >= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({from:Int64}, 'UTC')) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY cell
ORDER BY cell_start
