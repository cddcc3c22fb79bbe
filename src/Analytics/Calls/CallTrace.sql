SELECT
  span_id, parent_span_id, name, service, toUnixTimestamp64Micro(start_time) AS start_us, duration_us, toUInt8(failed)
FROM links FINAL
WHERE tenant_id = {tenant:UUID} AND trace_id = toFixedString(unhex({trace:String}), 16)
ORDER BY start_us, span_id
LIMIT {limit:UInt32}
