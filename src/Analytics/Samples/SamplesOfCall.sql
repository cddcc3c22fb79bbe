SELECT
  {{columns}}
FROM call_samples FINAL
WHERE tenant_id = {tenant:UUID}
  AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
  AND has(arrayZip({traces:Array(String)}, {spans:Array(UInt64)}), (lower(hex(trace_id)), span_id))
