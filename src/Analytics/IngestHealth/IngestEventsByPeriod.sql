SELECT
  toUInt32(intDiv(toUnixTimestamp(minute), {seconds:UInt32}) * {seconds:UInt32}) AS period,
  transport, signal, reason, sum(requests), sum(items), sum(bytes)
FROM ingest_events
WHERE tenant_id = {tenant:UUID} AND minute >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND minute < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY period, transport, signal, reason
ORDER BY period, transport, signal, reason
LIMIT {limit:UInt32}
