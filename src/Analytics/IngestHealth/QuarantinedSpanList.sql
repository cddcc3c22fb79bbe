SELECT
  lower(hex(trace_id)), span_id, project_id, toUnixTimestamp64Micro(start_time), toUnixTimestamp64Micro(ingested_at) AS received,
  scope, service, model, reason, detail, count() OVER () AS total
FROM quarantined_spans FINAL
WHERE tenant_id = {tenant:UUID} AND ingested_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
ORDER BY received DESC, span_id
LIMIT {limit:UInt32}
