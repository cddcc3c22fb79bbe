-- Days that are over, whose cells are all rebuilt, and whose sums do not know all of the cells' changes.
SELECT toUInt32(toUnixTimestamp(day)), day_changes, day_generation, is_sampled
FROM
(
  SELECT
    day,
    sum(cell_changes) AS day_changes,
    max(is_pending) AS has_pending,
    max(built_generation) AS day_generation,
    argMax(built_changes, built_generation) AS day_built,
    max(cell_sampled) AS is_sampled
  FROM
  (
    SELECT toStartOfDay(cell) AS day, counted AS cell_changes, is_pending, toUInt64(0) AS built_generation, toUInt64(0) AS built_changes, cell_sampled
    FROM
    (
      SELECT
        cell, sum(changes) AS counted, max(sampled) AS cell_sampled,
        sum(changes) != argMax(cell_built, generation) AND cell >= (SELECT max(closed_until) FROM closed_cells WHERE tenant_id = {tenant:UUID}) AS is_pending
      FROM
      (
        SELECT cell, changes, toUInt64(0) AS generation, toUInt64(0) AS cell_built, sampled
        FROM cell_changes
        WHERE tenant_id = {tenant:UUID}
        UNION ALL
        SELECT cell, toUInt64(0) AS changes, generation, roll_up_cells.changes AS cell_built, toUInt8(0) AS sampled
        FROM roll_up_cells
        WHERE tenant_id = {tenant:UUID}
      )
      GROUP BY cell
    )
    UNION ALL
    SELECT day, toUInt64(0) AS cell_changes, false AS is_pending, generation AS built_generation, changes AS built_changes, toUInt8(0) AS cell_sampled
    FROM roll_up_days
    WHERE tenant_id = {tenant:UUID}
  )
  GROUP BY day
)
WHERE day_changes != day_built AND NOT has_pending AND day + toIntervalDay(1) <= now('UTC')
ORDER BY day DESC
LIMIT {limit:UInt32}
