-- Rows of {tenant:UUID} alone: GpuStatement.InForce names it beside the range.
SELECT period, host, device, slice, accelerator, provider, region, purchase, price_per_hour, line, model, of_feature, of_team, of_customer, sum(cost) AS cost_sum, sum(hours) AS hours_sum
FROM
(
  SELECT
    toUInt32(intDiv(toUnixTimestamp(cell), {seconds:UInt32}) * {seconds:UInt32}) AS period, toString(host) AS host, toString(device) AS device, toString(slice) AS slice, toString(accelerator) AS accelerator,
    toString(provider) AS provider, toString(region) AS region, purchase, price_per_hour, line, toString(model) AS model, toString(of_feature) AS of_feature, toString(of_team) AS of_team,
    toString(of_customer) AS of_customer, cost, toFloat64(0) AS hours
  FROM
  (
    SELECT cell, generation, host, device, slice, CAST(kind, 'Int8') AS line, model, {{feature}} AS of_feature, {{team}} AS of_team, {{customer}} AS of_customer, usage_cost AS cost
    FROM device_costs
    WHERE {{in_force}}
  ) AS costs
  INNER JOIN
  (
    SELECT cell, generation, host, device, slice, accelerator, provider, region, purchase, price_per_hour
    FROM device_intervals
    WHERE is_priced AND {{in_force}}
  ) AS intervals USING (cell, generation, host, device, slice)
  UNION ALL
  SELECT
    toUInt32(intDiv(toUnixTimestamp(cell), {seconds:UInt32}) * {seconds:UInt32}), toString(host), toString(device), toString(slice), toString(accelerator), '', '', toUInt8(0), toDecimal128(0, 12), toInt8(-1), '', '', '', '',
    toDecimal128(0, 12), observed_seconds * share / 3600
  FROM device_intervals
  WHERE NOT is_priced AND {{in_force}}
)
GROUP BY period, host, device, slice, accelerator, provider, region, purchase, price_per_hour, line, model, of_feature, of_team, of_customer
ORDER BY period, host, device, slice, line, price_per_hour, model, of_feature, of_team, of_customer, accelerator, provider, region, purchase
