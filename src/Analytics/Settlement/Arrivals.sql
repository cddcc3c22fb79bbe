-- All tenants. Most seconds of a quiet installation bring no report: then the questions about them are not asked.
SELECT
  toUnixTimestamp64Micro(now64(6, 'UTC')),
  isNotNull((SELECT 1 FROM calls WHERE ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND version = 0 LIMIT 1))
