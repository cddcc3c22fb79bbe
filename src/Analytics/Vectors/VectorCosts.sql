-- Rows of {tenant:UUID} alone: VectorStatement.InForce names it beside the range.
SELECT toInt8(kind), {{column}} AS group_name, reason, toUInt8(max(is_estimated)), sum(usage_cost) AS usage, sum(allocation_cost) AS allocation
FROM data_store_costs
WHERE {{in_force}}
GROUP BY kind, group_name, reason
ORDER BY usage DESC, allocation DESC, kind, group_name, reason
LIMIT {limit:UInt32}
