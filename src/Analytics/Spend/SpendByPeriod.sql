SELECT
  {{period}} AS period,
  {{columns}}{{sums}}
FROM {{source}}
GROUP BY {{group}}
ORDER BY period, sum_cost DESC, sum_calls DESC{{keys}}
LIMIT {limit:UInt32}
