-- What the calls behind a success cost: of cases in which one came, to which calls were found.
SELECT
  count() AS units,
  quantileExactLow(0.5)(cost_of_case),
  quantileExact(0.9)(cost_of_case),
  quantileExact(0.99)(cost_of_case),
  max(cost_of_case)
FROM
(
  SELECT any(case_cost) AS cost_of_case
  FROM {{source}}
  GROUP BY case_key
  HAVING countIf(success) > 0 AND any(case_calls) > 0
)
