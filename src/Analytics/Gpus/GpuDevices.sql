-- Rows of {tenant:UUID} alone: GpuStatement.InForce names it beside the range.
SELECT
  host, device, slice, accelerator, observed_hours, used_hours, unknown_hours, unpriced_hours, memory_used, memory_total, mean_watts, has_price, last_price, last_purchase, last_provider,
  total_cost, idle_cost, last_cell
FROM
(
  SELECT
    host, device, slice, argMax(accelerator, cell) AS accelerator,
    sum(observed_seconds) / 3600 AS observed_hours, sum(used_seconds) / 3600 AS used_hours, sum(unknown_seconds) / 3600 AS unknown_hours,
    sumIf(observed_seconds, NOT is_priced) / 3600 AS unpriced_hours,
    sum(memory_used_bytes * observed_seconds) / sum(observed_seconds) AS memory_used, max(memory_total_bytes) AS memory_total, sum(watts * observed_seconds) / sum(observed_seconds) AS mean_watts,
    toUInt8(argMax(is_priced, cell)) AS has_price, argMax(price_per_hour, cell) AS last_price, argMax(purchase, cell) AS last_purchase, argMax(provider, cell) AS last_provider,
    sum(cost) AS total_cost, toUInt32(toUnixTimestamp(max(cell))) AS last_cell
  FROM device_intervals
  WHERE {{in_force}}
  GROUP BY host, device, slice
) AS devices
LEFT JOIN
(
  SELECT host, device, slice, sum(usage_cost) AS idle_cost
  FROM device_costs
  WHERE kind = 'idle' AND {{in_force}}
  GROUP BY host, device, slice
) AS idle USING (host, device, slice)
ORDER BY total_cost DESC, host, device, slice
LIMIT {limit:UInt32}
