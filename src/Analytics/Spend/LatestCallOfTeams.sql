-- The last hour of the tenant's calls one by one, and before it the sums of a month: a team may be quiet while others call.
SELECT
  max(last_received) AS received,
  max(last_started) AS started,
  sum(found) AS rows_read
FROM
(
  SELECT max(ingested_at) AS last_received, max(start_time) AS last_started, count() AS found
  FROM calls
  WHERE tenant_id = {tenant:UUID} AND team IN {scopeTeams:Array(String)} AND role = 'call'
    AND start_time >= (SELECT toDateTime64(max(cell), 6, 'UTC') - INTERVAL 1 HOUR FROM cell_changes WHERE tenant_id = {tenant:UUID})
  UNION ALL
  SELECT toDateTime64(max(cell), 6, 'UTC') AS last_received, toDateTime64(max(cell), 6, 'UTC') AS last_started, count() AS found
  FROM roll_up_spend
  WHERE tenant_id = {tenant:UUID} AND team IN {scopeTeams:Array(String)}
    AND cell >= (SELECT max(cell) - INTERVAL 31 DAY FROM cell_changes WHERE tenant_id = {tenant:UUID})
)
