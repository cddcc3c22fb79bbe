SELECT toUInt32(toUnixTimestamp(cell)), counted_samples, counted_calls, last_generation
FROM
(
  SELECT
    cell, sum(samples) AS counted_samples, sum(calls) AS counted_calls, max(changed_at) AS last_change, max(generation) AS last_generation,
    argMax((built_samples, built_calls, built_version), generation) AS built
  FROM
  (
    SELECT cell, changes AS samples, toUInt64(0) AS calls, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_samples, toUInt64(0) AS built_calls, toInt64(-1) AS built_version
    FROM device_cell_changes
    WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({until:UInt32}, 'UTC')
    UNION ALL
    SELECT cell, toUInt64(0) AS samples, changes AS calls, changed_at, toUInt64(0) AS generation, toUInt64(0) AS built_samples, toUInt64(0) AS built_calls, toInt64(-1) AS built_version
    FROM cell_changes
    WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({until:UInt32}, 'UTC')
    UNION ALL
    SELECT
      cell, toUInt64(0) AS samples, toUInt64(0) AS calls, toDateTime64(0, 6, 'UTC') AS changed_at, generation,
      device_cells.samples AS built_samples, device_cells.calls AS built_calls, price_version AS built_version
    FROM device_cells
    WHERE tenant_id = {tenant:UUID} AND cell >= toDateTime({from:UInt32}, 'UTC') AND cell < toDateTime({until:UInt32}, 'UTC')
  )
  GROUP BY cell
)
WHERE counted_samples > 0 AND built != (counted_samples, counted_calls, {priceVersion:Int64}) AND last_change <= now64(6, 'UTC') - toIntervalSecond({quietSeconds:UInt32})
ORDER BY cell DESC
LIMIT {limit:UInt32}
