-- Rows of {tenant:UUID} alone: GpuStatement.InForce names it beside the range.
SELECT toInt8(kind), {{column}} AS name, reason, toUInt8(max(is_estimated)), sum(usage_cost) AS usage, sum(allocation_cost) AS allocation
FROM device_costs
WHERE {{in_force}}
GROUP BY kind, name, reason
ORDER BY usage DESC, allocation DESC, kind, name, reason
LIMIT {limit:UInt32}
