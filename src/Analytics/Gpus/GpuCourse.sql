-- Rows of {tenant:UUID} alone: GpuStatement.InForce names it beside the range.
SELECT
  host, device, slice, intDiv(toUInt32(toUnixTimestamp(cell)), {seconds:UInt32}) * {seconds:UInt32} AS period,
  toUInt8(sum(observed_seconds - unknown_seconds) > 0) AS is_known, if(is_known = 1, sum(used_seconds) / sum(observed_seconds - unknown_seconds), 0) AS utilisation,
  sum(memory_used_bytes * observed_seconds) / sum(observed_seconds) AS memory_used, sum(watts * observed_seconds) / sum(observed_seconds) AS mean_watts, sum(cost) AS total_cost
FROM device_intervals
WHERE {{in_force}}
GROUP BY host, device, slice, period
ORDER BY host, device, slice, period
LIMIT {limit:UInt32}
