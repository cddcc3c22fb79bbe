-- CallFlags.Unpriced = 128. A settled row arrives anew: who reads this knows which calls were seen.
SELECT
  hex(trace_id), span_id, toUnixTimestamp64Micro(start_time), duration_us, key_id, toString(project_id), feature, user, session, model, toString(cost),
  toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image, toUInt64(output_text) + output_reasoning + output_audio + output_image,
  input_hash, toUInt8(status = 'failed'), toUInt8(batch), toUInt8(status = 'answered' AND bitAnd(flags, 128) != 0), count() OVER ()
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call' AND start_time >= fromUnixTimestamp64Micro({oldest:Int64}, 'UTC')
  AND ingested_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND ingested_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
ORDER BY ingested_at DESC, start_time DESC
LIMIT {limit:UInt32}
