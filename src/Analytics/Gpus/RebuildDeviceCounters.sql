SELECT
  replaceRegexpOne(host, ':[0-9]+$', '') AS at_host, if(subject != '', subject, service) AS model, metric, concat(host, ' ', service, ' ', toString(attributes)) AS series,
  toInt64(toUnixTimestamp64Milli(time)), toInt64(toUnixTimestamp64Milli(start_time)), value, toUInt8(temporality = 'delta')
FROM resource_samples FINAL
WHERE tenant_id = {tenant:UUID} AND kind = 'inference'
  AND metric IN ('inference.request.prefill_time', 'inference.request.decode_time', 'inference.tokens.prompt', 'inference.tokens.generated', 'inference.request.prompt_tokens', 'inference.request.generated_tokens')
  AND toStartOfFifteenMinutes(time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
