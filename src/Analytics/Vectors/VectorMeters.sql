-- Rows of {tenant:UUID} alone: VectorStatement.InForce names it beside the range.
SELECT
  toInt8(store), system, host, name, tier, meter, sum(data_store_meters.quantity) AS total_quantity, sumIf(data_store_meters.quantity, is_unpriced) AS unpriced_quantity,
  toUInt8(argMax(is_priced, cell)) AS has_price, argMax(price, cell) AS last_price, sum(data_store_meters.cost) AS total_cost, toUInt8(max(is_estimated)), toUInt32(toUnixTimestamp(max(cell)))
FROM data_store_meters
WHERE {{in_force}}
GROUP BY store, system, host, name, tier, meter
ORDER BY total_cost DESC, unpriced_quantity > 0 DESC, store, system, host, name, tier, meter
LIMIT {limit:UInt32}
