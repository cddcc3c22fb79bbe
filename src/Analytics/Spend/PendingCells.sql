-- What is known of the cells and days of a range, as plain rows that CellState puts together: every level of nesting here would cost each question some milliseconds of planning.
-- All tables in one reading: a cell or a day counts as built only with the generation that this very reading saw, and no later one is used.
-- A range that begins within a cell looks at that cell, too: its calls may be sampled.
SELECT 0 AS kind, toUnixTimestamp(cell) AS start, sum(changes) AS counted, toUInt64(0) AS built_generation, toUnixTimestamp64Micro(max(changed_at)) AS last_change, max(sampled) AS is_sampled
FROM cell_changes
WHERE tenant_id = {tenant:UUID} AND cell > fromUnixTimestamp64Micro({from:Int64}, 'UTC') - toIntervalMinute(15) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY cell
UNION ALL
SELECT 1, toUnixTimestamp(cell), argMax(changes, generation), max(generation), toInt64(0), toUInt8(0)
FROM roll_up_cells
WHERE tenant_id = {tenant:UUID} AND cell > fromUnixTimestamp64Micro({from:Int64}, 'UTC') - toIntervalMinute(15) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY cell
UNION ALL
SELECT 2, toUnixTimestamp(day), argMax(changes, generation), max(generation), toInt64(0), toUInt8(0)
FROM roll_up_days
WHERE tenant_id = {tenant:UUID} AND day >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND day < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY day
UNION ALL
SELECT 3, toUnixTimestamp(max(closed_until)), toUInt64(0), toUInt64(0), toInt64(0), toUInt8(0)
FROM closed_cells
WHERE tenant_id = {tenant:UUID}
