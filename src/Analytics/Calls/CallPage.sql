SELECT
  {{columns}}
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call'
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  {{conditions}}
ORDER BY start_time DESC, trace_id DESC, span_id DESC
LIMIT {limit:UInt32}
