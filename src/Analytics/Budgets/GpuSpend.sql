-- Rows of {tenant:UUID} alone: GpuStatement.InForce names it beside the range.
SELECT roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period, sum(usage_cost) AS cost
FROM device_costs
WHERE {{in_force}}
  AND (has({pool:Array(String)}, host) OR (cell, generation, host, device, slice) IN
  (
    SELECT cell, generation, host, device, slice FROM device_intervals
    WHERE has({pool:Array(String)}, accelerator) AND {{in_force}}
  )){{owners}}
GROUP BY period
ORDER BY period
