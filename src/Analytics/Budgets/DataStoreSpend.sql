-- Rows of {tenant:UUID} alone: VectorStatement.InForce names it beside the range.
SELECT roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period, sum(usage_cost) AS cost
FROM data_store_costs
WHERE {{in_force}}
  AND (has({pool:Array(String)}, system) OR has({pool:Array(String)}, host) OR has({pool:Array(String)}, name)){{owners}}
GROUP BY period
ORDER BY period
