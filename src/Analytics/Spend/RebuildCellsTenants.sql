-- All tenants: which have cells to rebuild that were written to lately. Each is then rebuilt apart; what is older is found by RebuildAllTenants.
SELECT DISTINCT tenant_id
FROM
(
  SELECT tenant_id, cell, sum(changes) AS counted, max(changed_at) AS last_change, argMax(built_changes, generation) AS built
  FROM
  (
    SELECT tenant_id, cell, changes, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_changes
    FROM cell_changes
    WHERE (tenant_id, cell) IN (SELECT tenant_id, cell FROM cell_changes WHERE changed_at >= now64(6, 'UTC') - toIntervalSecond({recentSeconds:UInt32}))
    UNION ALL
    SELECT tenant_id, cell, toUInt64(0) AS changes, toDateTime64(0, 6, 'UTC') AS changed_at, generation, roll_up_cells.changes AS built_changes
    FROM roll_up_cells
    WHERE (tenant_id, cell) IN (SELECT tenant_id, cell FROM cell_changes WHERE changed_at >= now64(6, 'UTC') - toIntervalSecond({recentSeconds:UInt32}))
  )
  GROUP BY tenant_id, cell
) AS cells
LEFT JOIN (SELECT tenant_id, max(closed_until) AS closed FROM closed_cells GROUP BY tenant_id) AS closed_cells_of USING (tenant_id)
WHERE counted != built AND cell >= closed AND last_change <= now64(6, 'UTC') - toIntervalSecond({quietSeconds:UInt32})
