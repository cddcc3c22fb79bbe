-- Other traces of the tenant that carry a response id of these traces. Settling one side without the other would count a call twice.
SELECT
  tenant_id,
  hex(trace_id),
  toInt64(0),
  min(toUnixTimestamp64Micro(start_time)),
  max(toUnixTimestamp64Micro(start_time) + toInt64(duration_us))
FROM calls
WHERE tenant_id = {tenant:UUID}
  AND toStartOfFifteenMinutes(start_time) >= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({from:Int64}, 'UTC'))
  AND toStartOfFifteenMinutes(start_time) <= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
  AND response_hash IN
  (
    SELECT response_hash
    FROM calls
    WHERE tenant_id = {tenant:UUID}
      AND toStartOfFifteenMinutes(start_time) >= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({from:Int64}, 'UTC'))
      AND toStartOfFifteenMinutes(start_time) <= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
      AND response_hash IN
      (
        SELECT response_hash
        FROM calls
        WHERE tenant_id = {tenant:UUID}
          AND toStartOfFifteenMinutes(start_time) >= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({from:Int64}, 'UTC'))
          AND toStartOfFifteenMinutes(start_time) <= toStartOfFifteenMinutes(fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
          AND response_hash != 0
          AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
      )
    GROUP BY response_hash
    HAVING uniqExact(trace_id) BETWEEN 2 AND {maxTraces:UInt32}
  )
  AND trace_id NOT IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
GROUP BY tenant_id, trace_id
LIMIT {limit:UInt32}
