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
    any(feature) AS group_of_case
  FROM (
  SELECT
    told.time AS time,
    told.success AS success,
    toString(told.project_id) AS project,
    multiIf(of_trace.found > 0, concat('t', hex(told.trace_id)), of_session.found > 0, concat('s', told.session), concat('o', told.outcome_id)) AS case_key,
    if(of_trace.found > 0, of_trace.found_cost, of_session.found_cost) AS case_cost,
    if(of_trace.found > 0, of_trace.found, of_session.found) AS case_calls,
    multiIf(told.feature != '', toString(told.feature), of_trace.found > 0, of_trace.call_feature, of_session.call_feature) AS feature,
    multiIf(told.user != '', toString(told.user), of_trace.found > 0, of_trace.call_user, of_session.call_user) AS user,
    multiIf(told.team != '', toString(told.team), of_trace.found > 0, of_trace.call_team, of_session.call_team) AS team,
    multiIf(told.customer != '', toString(told.customer), of_trace.found > 0, of_trace.call_customer, of_session.call_customer) AS customer,
    multiIf(told.session != '', toString(told.session), of_trace.found > 0, of_trace.call_session, of_session.call_session) AS session
  FROM
  (
    SELECT outcome_id, project_id, trace_id, time, success, feature, user, team, customer, session
    FROM outcomes FINAL
    WHERE tenant_id = {tenant:UUID} AND name = {outcome:String} AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  ) AS told
  LEFT JOIN
  (
    SELECT trace_id, count() AS found, sum(cost) AS found_cost, argMax(toString(feature), cost) AS call_feature, argMax(toString(user), cost) AS call_user, argMax(toString(team), cost) AS call_team, argMax(toString(customer), cost) AS call_customer, argMax(toString(session), cost) AS call_session
    FROM calls FINAL
    WHERE tenant_id = {tenant:UUID} AND role = 'call' AND start_time >= fromUnixTimestamp64Micro({callsFrom:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({callsTo:Int64}, 'UTC')
      AND trace_id IN (SELECT trace_id FROM outcomes WHERE tenant_id = {tenant:UUID} AND name = {outcome:String} AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
    GROUP BY trace_id
  ) AS of_trace ON of_trace.trace_id = told.trace_id
  LEFT JOIN
  (
    SELECT ends.session AS session, count() AS found, sum(near.cost) AS found_cost, argMax(toString(near.feature), near.cost) AS call_feature, argMax(toString(near.user), near.cost) AS call_user, argMax(toString(near.team), near.cost) AS call_team, argMax(toString(near.customer), near.cost) AS call_customer, argMax(toString(near.session), near.cost) AS call_session
    FROM
    (
      SELECT session, start_time, cost, feature, user, team, customer
      FROM calls FINAL
      WHERE tenant_id = {tenant:UUID} AND role = 'call' AND start_time >= fromUnixTimestamp64Micro({callsFrom:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({callsTo:Int64}, 'UTC')
        AND session IN (SELECT session FROM outcomes WHERE tenant_id = {tenant:UUID} AND name = {outcome:String} AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC') AND session != '')
    ) AS near
    INNER JOIN
    (
      SELECT session, min(time) AS first_told, max(time) AS last_told
      FROM outcomes FINAL
      WHERE tenant_id = {tenant:UUID} AND name = {outcome:String} AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({to:Int64}, 'UTC') AND session != ''
      GROUP BY session
    ) AS ends ON ends.session = near.session
    WHERE near.start_time > ends.first_told - toIntervalSecond({window:UInt32}) AND near.start_time <= ends.last_told
    GROUP BY ends.session
  ) AS of_session ON of_session.session = told.session
  WHERE team IN {scopeTeams:Array(String)} AND feature IN {filter0:Array(String)} AND user NOT IN {filter1:Array(String)}
)
  GROUP BY case_key
)
GROUP BY period, group_of_case
ORDER BY period, successes DESC, failures DESC, group_of_case
LIMIT {limit:UInt32}
