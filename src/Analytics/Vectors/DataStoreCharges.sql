-- Rows of {tenant:UUID} alone: VectorStatement.InForce names it beside the range.
SELECT
  period, store_kind, system, host, name, tier, meter_kind, price, unpriced, line, of_feature, of_team, of_customer,
  sum(money) AS cost_sum, sum(amount) AS quantity_sum, toUInt8(max(guessed)) AS is_guess
FROM
(
  SELECT
    toUInt32(intDiv(toUnixTimestamp(cell), {seconds:UInt32}) * {seconds:UInt32}) AS period, toInt8(store) AS store_kind, toString(system) AS system, toString(host) AS host, toString(name) AS name, toString(tier) AS tier,
    toInt16(meter) AS meter_kind, price, toUInt8(is_unpriced) AS unpriced, toInt8(-1) AS line, '' AS of_feature, '' AS of_team, '' AS of_customer, cost AS money, quantity AS amount, toUInt8(is_estimated) AS guessed
  FROM data_store_meters
  WHERE (is_priced OR is_unpriced) AND {{in_force}}
  UNION ALL
  SELECT
    toUInt32(intDiv(toUnixTimestamp(cell), {seconds:UInt32}) * {seconds:UInt32}), toInt8(store), toString(system), toString(host), toString(name), toString(tier),
    toInt16(-1), toDecimal128(0, 12), toUInt8(0), CAST(kind, 'Int8'), toString({{feature}}), toString({{team}}), toString({{customer}}), usage_cost, toFloat64(0), toUInt8(is_estimated)
  FROM data_store_costs
  WHERE {{in_force}}
)
GROUP BY period, store_kind, system, host, name, tier, meter_kind, price, unpriced, line, of_feature, of_team, of_customer
ORDER BY period, store_kind, system, host, name, tier, meter_kind, price, unpriced, line, of_feature, of_team, of_customer
