-- All tables in one reading: a cell or a day counts as built only with the generation that this very reading saw, and no later one is used.
-- Closed cells are never pending: their sums stand, whatever arrives late.
-- A range that begins within a cell looks at that cell, too: its calls may be sampled.
-- A day's sums are in force while they know of as many changes as its cells have: each count only grows, so equal sums mean equal counts.
SELECT
  max(seen_generation) AS generation,
  arraySort(groupArrayArray(pending_cells)) AS pending,
  ifNull(minOrNull(oldest_change), toDateTime64(0, 6, 'UTC')) AS oldest,
  arraySort(groupArrayIf((toUnixTimestamp(day), day_generation), day_generation > 0 AND day_changes = day_built)) AS built_days,
  max(has_sampled) AS is_sampled
FROM
(
  SELECT
    day,
    max(greatest(cell_generation, built_generation)) AS seen_generation,
    max(built_generation) AS day_generation,
    sum(cell_changes) AS day_changes,
    argMax(built_changes, built_generation) AS day_built,
    groupArrayArray(cells) AS pending_cells,
    min(oldest_cell) AS oldest_change,
    max(cell_sampled) AS has_sampled
  FROM
  (
    SELECT
      toStartOfDay(cell) AS day,
      last_generation AS cell_generation,
      counted AS cell_changes,
      toUInt64(0) AS built_generation,
      toUInt64(0) AS built_changes,
      if(is_pending, [toUnixTimestamp(cell)], CAST([], 'Array(UInt32)')) AS cells,
      if(is_pending, last_change, NULL) AS oldest_cell,
      cell_sampled
    FROM
    (
      SELECT
        cell,
        max(generation) AS last_generation,
        max(changed_at) AS last_change,
        max(sampled) AS cell_sampled,
        sum(changes) AS counted,
        sum(changes) != argMax(cell_built, generation) AND cell >= (SELECT max(closed_until) FROM closed_cells WHERE tenant_id = {tenant:UUID}) AS is_pending
      FROM
      (
        SELECT cell, changes, changed_at, toUInt64(0) AS generation, toUInt64(0) AS cell_built, sampled
        FROM cell_changes
        WHERE tenant_id = {tenant:UUID} AND cell > fromUnixTimestamp64Micro({from:Int64}, 'UTC') - toIntervalMinute(15) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
        UNION ALL
        SELECT cell, toUInt64(0) AS changes, toDateTime64(0, 6, 'UTC') AS changed_at, generation, roll_up_cells.changes AS cell_built, toUInt8(0) AS sampled
        FROM roll_up_cells
        WHERE tenant_id = {tenant:UUID} AND cell > fromUnixTimestamp64Micro({from:Int64}, 'UTC') - toIntervalMinute(15) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
      )
      GROUP BY cell
    )
    UNION ALL
    SELECT
      day, toUInt64(0) AS cell_generation, toUInt64(0) AS cell_changes, generation AS built_generation, changes AS built_changes,
      CAST([], 'Array(UInt32)') AS cells, NULL AS oldest_cell, toUInt8(0) AS cell_sampled
    FROM roll_up_days
    WHERE tenant_id = {tenant:UUID} AND day >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND day < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  )
  GROUP BY day
)
