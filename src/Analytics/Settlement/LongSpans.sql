SELECT hex(trace_id), toUnixTimestamp64Micro(min(first_start)), toUnixTimestamp64Micro(max(last_end))
FROM long_spans
WHERE tenant_id = {tenant:UUID} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
GROUP BY trace_id
