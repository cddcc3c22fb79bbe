-- Calls of the re-rating that something else has written since the preview, and that no later book has rated: settling kept the cost that they had.
SELECT
  {{columns}}
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call' AND {{slice}} AND book_version < {bookVersion:Int64}
  AND (toStartOfFifteenMinutes(start_time), trace_id, span_id) IN
    (SELECT toStartOfFifteenMinutes(start_time), trace_id, span_id FROM call_reratings WHERE tenant_id = {tenant:UUID} AND rerating_id = {rerating:UUID} AND {{slice}})
LIMIT {limit:UInt32}
