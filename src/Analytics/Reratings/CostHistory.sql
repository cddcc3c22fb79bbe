SELECT rerating_id, toString(old_cost), toString(new_cost), old_flags, new_flags, old_book_version, new_book_version
FROM call_reratings FINAL
WHERE tenant_id = {tenant:UUID} AND start_time = fromUnixTimestamp64Micro({start:Int64}, 'UTC')
  AND trace_id = toFixedString(unhex({trace:String}), 16) AND span_id = {span:UInt64}
ORDER BY new_book_version, written_at
LIMIT {limit:UInt32}
