SELECT
  {{columns}}
FROM call_samples FINAL
WHERE tenant_id = {tenant:UUID}
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  {{project}} {{after}}
ORDER BY start_time, trace_id, span_id
LIMIT {limit:UInt32}
