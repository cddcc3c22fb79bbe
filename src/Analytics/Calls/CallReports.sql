SELECT
  {{columns}},
  toUnixTimestamp64Micro(ingested_at)
FROM calls FINAL
WHERE tenant_id = {tenant:UUID}
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND (trace_id = toFixedString(unhex({trace:String}), 16) AND {{scope}}
    OR call_trace_id = toFixedString(unhex({trace:String}), 16) AND call_span_id = {span:UInt64})
ORDER BY start_time, span_id
LIMIT {limit:UInt32}
