-- Rows of {tenant:UUID} alone: VectorStatement.InForce names it beside the range.
SELECT toInt8(store), system, name, tier, mean_memory, mean_disk, mean_vectors, total_reads, total_writes, total_failed, total_cost
FROM
(
  SELECT
    store, system, name, tier, sum(memory_bytes) / uniqExact(cell) AS mean_memory, sum(disk_bytes) / uniqExact(cell) AS mean_disk, sum(vectors) / uniqExact(cell) AS mean_vectors,
    sum(reads) AS total_reads, sum(writes) AS total_writes, sum(failed) AS total_failed
  FROM data_store_sizes
  WHERE {{in_force}}
  GROUP BY store, system, name, tier
) AS parts
LEFT JOIN
(
  SELECT store, system, name, tier, sum(usage_cost) AS total_cost
  FROM data_store_costs
  WHERE {{in_force}}
  GROUP BY store, system, name, tier
) AS costs USING (store, system, name, tier)
ORDER BY total_cost DESC, mean_disk DESC, mean_memory DESC, mean_vectors DESC, store, system, name, tier
LIMIT {limit:UInt32}
