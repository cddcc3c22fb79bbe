SELECT
  count() AS units,
  quantileExactLow(0.5)(member_cost),
  quantileExact(0.9)(member_cost),
  quantileExact(0.99)(member_cost),
  max(member_cost)
FROM
(
  SELECT sum(cost) AS member_cost
  FROM {{source}}
  WHERE {{member}} != ''
  GROUP BY {{member}}
  HAVING sum(calls) > 0 OR member_cost != 0
)
