-- Both tables in one reading: a cell counts as built only with the generation that this very reading saw, and no later one is used.
SELECT
  max(cell_generation) AS generation,
  arraySort(groupArrayIf(toUnixTimestamp(cell), is_pending)) AS pending,
  minIf(last_change, is_pending) AS oldest_change
FROM
(
  SELECT
    cell,
    max(generation) AS cell_generation,
    max(changed_at) AS last_change,
    sum(changes) != argMax(built_changes, generation) AS is_pending
  FROM
  (
    SELECT cell, changes, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_changes
    FROM cell_changes
    WHERE tenant_id = {tenant:UUID} AND cell >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    UNION ALL
    SELECT cell, toUInt64(0) AS changes, toDateTime64(0, 6, 'UTC') AS changed_at, generation, roll_up_cells.changes AS built_changes
    FROM roll_up_cells
    WHERE tenant_id = {tenant:UUID} AND cell >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  )
  GROUP BY cell
)
