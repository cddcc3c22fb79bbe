-- Without FINAL: settling keeps one of each span itself.
SELECT
  hex(trace_id), span_id, parent_span_id, toUnixTimestamp64Micro(start_time), duration_us, kind, name,
  feature, user, team, customer, environment, session, endpoint, tag_levels
FROM links
WHERE tenant_id = {tenant:UUID} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
LIMIT {limit:UInt32}
