SELECT toString({{column}}) AS member
FROM {{source}}
GROUP BY {{column}}
ORDER BY sum(cost) DESC, sum(calls) DESC, member
LIMIT {limit:UInt32}
