-- What rating looks at, and no more: a month has millions of these.
SELECT
  reinterpretAsUInt64(reverse(substring(trace_id, 1, 8))), reinterpretAsUInt64(reverse(substring(trace_id, 9, 8))), span_id, toUnixTimestamp64Micro(start_time),
  provider, region, requested_model, served_model, requested_tier, served_tier, variant, toUInt8(batch), CAST(status, 'Int8'), CAST(usage_source, 'Int8'), told, flags,
  input_fresh, cache_read, cache_write_5m, cache_write_1h, output_text, output_reasoning, input_audio, output_audio, input_image, output_image, web_searches, gpu_ms,
  if(empty(other_usage), '', arrayStringConcat(arrayMap((name, quantity) -> concat(name, '=', toString(quantity)), mapKeys(other_usage), mapValues(other_usage)), ',')),
  feature, toString(cost), price_id, book_version, version, project_id
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call' AND book_version <= {bookVersion:Int64}
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  {{conditions}}
