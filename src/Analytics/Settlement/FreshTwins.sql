-- All tenants. Reports that arrived and whose response id stands in another trace of the same tenant within an hour (the cells around them).
WITH fresh AS
(
  SELECT tenant_id, response_hash, toStartOfFifteenMinutes(start_time) AS cell
  FROM calls
  WHERE ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    AND version = 0 AND response_hash != 0
  GROUP BY tenant_id, response_hash, cell
)
SELECT
  tenant_id,
  hex(trace_id),
  max(toUnixTimestamp64Micro(ingested_at)),
  min(toUnixTimestamp64Micro(start_time)),
  max(toUnixTimestamp64Micro(start_time) + toInt64(duration_us))
FROM calls
WHERE ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND version = 0
  AND (tenant_id, response_hash) IN
  (
    SELECT tenant_id, response_hash
    FROM calls
    WHERE (tenant_id, toStartOfFifteenMinutes(start_time)) IN
        (SELECT tenant_id, cell + toIntervalMinute(15 * arrayJoin(range(9)) - 60) FROM fresh)
      AND (tenant_id, response_hash) IN (SELECT tenant_id, response_hash FROM fresh)
    GROUP BY tenant_id, response_hash
    HAVING uniqExact(trace_id) BETWEEN 2 AND {maxTraces:UInt32}
  )
GROUP BY tenant_id, trace_id
