SELECT
  roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period,
  {{columns}}{{sums}}
FROM {{source}}
GROUP BY period{{keys}}
ORDER BY period, sum_cost DESC, sum_calls DESC{{keys}}
LIMIT {limit:UInt32}
