SELECT
  project_id, toUnixTimestamp64Micro(start_time), provider, region, requested_model, served_model, requested_tier, served_tier, variant,
  toUInt8(batch), CAST(status, 'Int8'), input_fresh, cache_read, cache_write_5m, cache_write_1h, output_text, output_reasoning,
  input_audio, output_audio, input_image, output_image, web_searches, gpu_ms, mapKeys(other_usage), mapValues(other_usage),
  told, CAST(usage_source, 'Int8'), flags, toString(cost), book_version{{tags}}
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call'
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  {{scope}}
