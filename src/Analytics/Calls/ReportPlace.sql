-- Without a start there is no narrower key than the tenant; the two id columns are all that is read.
SELECT
  toUnixTimestamp64Micro(start_time) AS start_us, CAST(role, 'Int8'), hex(call_trace_id), call_span_id
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND trace_id = toFixedString(unhex({trace:String}), 16) AND span_id = {span:UInt64}
ORDER BY start_us DESC
LIMIT 1
