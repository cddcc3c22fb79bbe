-- All tenants: which have cells to rebuild, or days that are over and not summed up, however old. Each is then rebuilt apart.
SELECT DISTINCT tenant_id
FROM
(
  SELECT
    tenant_id, day, sum(cell_changes) AS day_changes, max(is_waiting) AS has_waiting, max(is_pending) AS has_pending, argMax(built_changes, built_generation) AS day_built
  FROM
  (
    SELECT
      tenant_id, toStartOfDay(cell) AS day, counted AS cell_changes, counted != built AND cell >= closed AS is_pending,
      is_pending AND last_change <= now64(6, 'UTC') - toIntervalSecond({quietSeconds:UInt32}) AS is_waiting, toUInt64(0) AS built_generation, toUInt64(0) AS built_changes
    FROM
    (
      SELECT tenant_id, cell, sum(changes) AS counted, max(changed_at) AS last_change, argMax(cell_built, generation) AS built
      FROM
      (
        SELECT tenant_id, cell, changes, changed_at, toUInt64(0) AS generation, toUInt64(0) AS cell_built FROM cell_changes
        UNION ALL
        SELECT tenant_id, cell, toUInt64(0) AS changes, toDateTime64(0, 6, 'UTC') AS changed_at, generation, roll_up_cells.changes AS cell_built FROM roll_up_cells
      )
      GROUP BY tenant_id, cell
    ) AS cells
    LEFT JOIN (SELECT tenant_id, max(closed_until) AS closed FROM closed_cells GROUP BY tenant_id) AS closed_cells_of USING (tenant_id)
    UNION ALL
    SELECT
      tenant_id, day, toUInt64(0) AS cell_changes, false AS is_pending, false AS is_waiting, generation AS built_generation, changes AS built_changes
    FROM roll_up_days
  )
  GROUP BY tenant_id, day
)
WHERE has_waiting OR (day_changes != day_built AND NOT has_pending AND day + toIntervalDay(1) <= now('UTC'))
