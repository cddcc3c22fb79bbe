-- The latest first. A cell has at most as many calls as changes.
SELECT toUInt32(toUnixTimestamp(cell)) AS cell_start, sum(changes) AS most
FROM cell_changes
WHERE tenant_id = {tenant:UUID}
  AND cell >= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({from:Int64}, 'UTC')) AND cell <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY cell
ORDER BY cell_start DESC
