-- Distinct users, sessions or customers with at least one call, and what the calls cost that tell one.
SELECT
  roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period,
  {{group}} AS in_group,
  uniqExactIf({{member}}, {{member}} != '' AND (calls > 0 OR cost != 0)) AS units,
  sumIf(cost, {{member}} != '') AS told_cost,
  sumIf(calls, {{member}} = '') AS left_out_calls,
  sumIf(cost, {{member}} = '') AS left_out_cost
FROM {{source}}
GROUP BY period, in_group
ORDER BY period, told_cost DESC, units DESC, in_group
LIMIT {limit:UInt32}
