SELECT toUInt32(toUnixTimestamp(cell)), counted, last_generation, is_sampled
FROM
(
  SELECT cell, sum(changes) AS counted, max(changed_at) AS last_change, max(generation) AS last_generation, argMax(built_changes, generation) AS built, max(sampled) AS is_sampled
  FROM
  (
    SELECT cell, changes, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_changes, sampled
    FROM cell_changes
    WHERE tenant_id = {tenant:UUID}
    UNION ALL
    SELECT cell, toUInt64(0) AS changes, toDateTime64(0, 6, 'UTC') AS changed_at, generation, roll_up_cells.changes AS built_changes, toUInt8(0) AS sampled
    FROM roll_up_cells
    WHERE tenant_id = {tenant:UUID}
  )
  GROUP BY cell
)
WHERE counted != built AND cell >= (SELECT max(closed_until) FROM closed_cells WHERE tenant_id = {tenant:UUID}) AND last_change <= now64(6, 'UTC') - toIntervalSecond({quietSeconds:UInt32})
ORDER BY cell DESC
LIMIT {limit:UInt32}
