-- Outcomes by their cases: those of one trace (or session) are one case, so that its money is counted once. A case lies where its first outcome does.
SELECT
  roundDown(toUnixTimestamp(first), {periods:Array(UInt32)}) AS period,
  group_of_case,
  sum(case_successes) AS successes,
  sum(case_failures) AS failures,
  sumIf(cost_of_case, case_successes = 0) AS failure_cost,
  sumIf(case_successes + case_failures, calls_of_case = 0) AS unlinked
FROM
(
  SELECT
    min(time) AS first,
    countIf(success) AS case_successes,
    countIf(NOT success) AS case_failures,
    any(case_cost) AS cost_of_case,
    any(case_calls) AS calls_of_case,
    {{group}} AS group_of_case
  FROM {{source}}
  GROUP BY case_key
)
GROUP BY period, group_of_case
ORDER BY period, successes DESC, failures DESC, group_of_case
LIMIT {limit:UInt32}
