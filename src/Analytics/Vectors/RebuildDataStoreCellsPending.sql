SELECT toUInt32(toUnixTimestamp(cell)), counted, counted_calls, last_generation
FROM
(
  SELECT
    cell, sum(told) AS counted, sum(called) AS counted_calls, max(changed_at) AS last_change, max(generation) AS last_generation,
    argMax((built_changes, built_calls, built_version), generation) AS built
  FROM
  (
    SELECT cell, changes AS told, toUInt64(0) AS called, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_changes, toUInt64(0) AS built_calls, toInt64(-1) AS built_version
    FROM data_store_cell_changes
    WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({until:UInt32}, 'UTC')
    UNION ALL
    SELECT cell, toUInt64(0) AS told, changes AS called, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_changes, toUInt64(0) AS built_calls, toInt64(-1) AS built_version
    FROM cell_changes
    WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({until:UInt32}, 'UTC')
    UNION ALL
    SELECT
      cell, toUInt64(0) AS told, toUInt64(0) AS called, toDateTime64(0, 6, 'UTC') AS changed_at, generation,
      data_store_cells.changes AS built_changes, data_store_cells.calls AS built_calls, price_version AS built_version
    FROM data_store_cells
    WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({until:UInt32}, 'UTC')
  )
  GROUP BY cell
)
WHERE counted > 0 AND built != (counted, counted_calls, {priceVersion:Int64}) AND last_change <= now64(6, 'UTC') - toIntervalSecond({quietSeconds:UInt32})
ORDER BY cell DESC
LIMIT {limit:UInt32}
