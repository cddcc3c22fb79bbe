SELECT count()
FROM calls
WHERE tenant_id = {tenant:UUID} AND version = 0 AND start_time < fromUnixTimestamp64Micro({oldest:Int64}, 'UTC')
  AND ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
