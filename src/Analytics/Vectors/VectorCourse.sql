-- Rows of {tenant:UUID} alone: VectorStatement.InForce names it beside the range.
SELECT
  toInt8(store), system, name, tier, intDiv(toUInt32(toUnixTimestamp(cell)), {seconds:UInt32}) * {seconds:UInt32} AS period,
  multiIf(sum(disk_bytes) > 0, sum(disk_bytes), sum(memory_bytes) > 0, sum(memory_bytes), sum(vectors)) / uniqExact(cell) AS size
FROM data_store_sizes
WHERE {{in_force}}
GROUP BY store, system, name, tier, period
ORDER BY store, system, name, tier, period
LIMIT {limit:UInt32}
