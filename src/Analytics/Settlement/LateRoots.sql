-- All tenants. Root reports that arrived after something of their trace did: a root alone touches nothing, so that lone calls cost nothing.
SELECT
  tenant_id,
  hex(trace_id),
  max(toUnixTimestamp64Micro(ingested_at)),
  min(toUnixTimestamp64Micro(start_time)),
  max(toUnixTimestamp64Micro(start_time) + toInt64(duration_us))
FROM calls
WHERE ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND version = 0 AND parent_span_id = 0
  AND (tenant_id, trace_id) IN
  (
    SELECT tenant_id, trace_id
    FROM touched_traces
    WHERE touched_at > fromUnixTimestamp64Micro({touchedFrom:Int64}, 'UTC')
      AND (tenant_id, trace_id) IN
      (
        SELECT tenant_id, trace_id
        FROM calls
        WHERE ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
          AND version = 0 AND parent_span_id = 0
      )
  )
GROUP BY tenant_id, trace_id
