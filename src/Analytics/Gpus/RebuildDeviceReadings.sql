SELECT
  replaceRegexpOne(host, ':[0-9]+$', '') AS at_host, subject,
  max(multiIf(attributes['hw.model'] != '', attributes['hw.model'], attributes['modelName'] != '', attributes['modelName'], attributes['gpu.name'] != '', attributes['gpu.name'], attributes['hw.name'])) AS accelerator,
  attributes['GPU_I_ID'] AS slice, max(attributes['GPU_I_PROFILE']) AS profile, metric, toInt64(toUnixTimestamp64Milli(time)) AS at, max(value) AS reading
FROM resource_samples
WHERE tenant_id = {tenant:UUID} AND kind = 'gpu' AND metric IN ('gpu.utilization', 'gpu.engine.active', 'gpu.memory.used', 'gpu.memory.total', 'gpu.power')
  AND toStartOfFifteenMinutes(time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
GROUP BY at_host, subject, slice, metric, at
