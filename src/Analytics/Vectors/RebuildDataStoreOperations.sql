-- A client of a database seldom knows for whom it asks: what an operation does not tell, the calls of its trace tell, where they all tell the same.
WITH told AS
(
  SELECT
    trace_id, if(uniqExactIf(calls.feature, calls.feature != '') = 1, anyIf(calls.feature, calls.feature != ''), '') AS one_feature,
    if(uniqExactIf(calls.team, calls.team != '') = 1, anyIf(calls.team, calls.team != ''), '') AS one_team,
    if(uniqExactIf(calls.customer, calls.customer != '') = 1, anyIf(calls.customer, calls.customer != ''), '') AS one_customer
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND start_time >= toDateTime({from:UInt32}, 'UTC') AND start_time < toDateTime({until:UInt32}, 'UTC')
    AND trace_id IN
    (
      SELECT trace_id FROM vector_operations
      WHERE tenant_id = {tenant:UUID} AND toStartOfFifteenMinutes(start_time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
    )
  GROUP BY trace_id
)
SELECT
  cell, system, collection, operation, if(feature != '', feature, one_feature) AS by_feature, if(team != '', team, one_team) AS by_team, if(customer != '', customer, one_customer) AS by_customer,
  count() AS operations, sum(read_units) AS units, countIf(failed) AS failures
FROM
(
  SELECT toUInt32(toUnixTimestamp(toStartOfFifteenMinutes(start_time))) AS cell, trace_id, system, collection, operation, feature, team, customer, read_units, failed
  FROM vector_operations FINAL
  WHERE tenant_id = {tenant:UUID} AND toStartOfFifteenMinutes(start_time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
) AS asked
LEFT JOIN told ON told.trace_id = asked.trace_id
GROUP BY cell, system, collection, operation, by_feature, by_team, by_customer
