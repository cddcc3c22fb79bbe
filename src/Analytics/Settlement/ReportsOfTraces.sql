SELECT
  {{columns}}
FROM calls FINAL
WHERE tenant_id = {tenant:UUID}
  AND toStartOfFifteenMinutes(start_time) >= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({from:Int64}, 'UTC'))
  AND toStartOfFifteenMinutes(start_time) <= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
  AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
LIMIT {limit:UInt32}
