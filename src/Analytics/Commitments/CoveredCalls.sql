SELECT
  intDiv(toUnixTimestamp(cell), {seconds:UInt32}) * {seconds:UInt32} AS start,
  sum(cost) AS sum_cost,
  sum(calls) AS sum_calls
FROM {{source}}
WHERE (empty({names:Array(String)}) AND empty({prefixes:Array(String)}))
  OR lowerUTF8(model) IN {names:Array(String)}
  OR arrayExists(prefix -> startsWith(lowerUTF8(model), prefix), {prefixes:Array(String)})
GROUP BY start
HAVING sum_cost != 0 OR sum_calls != 0
ORDER BY start
