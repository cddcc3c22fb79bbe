SELECT
  toUInt8(kind = 'storage') AS is_bucket, if(attributes['db.system.name'] = '', 'unknown', lower(attributes['db.system.name'])) AS system, if(is_bucket = 1, '', replaceRegexpOne(host, ':[0-9]+$', '')) AS at_host, subject,
  if(is_bucket = 1, attributes['finops.storage.tier'], '') AS tier, metric, concat(host, ' ', service, ' ', toString(attributes)) AS series,
  attributes['feature'], attributes['team'], attributes['customer'],
  toInt64(toUnixTimestamp64Milli(time)), toInt64(toUnixTimestamp64Milli(start_time)), value, toUInt8(temporality = 'delta')
FROM resource_samples FINAL
WHERE tenant_id = {tenant:UUID} AND kind IN ('vector_db', 'storage')
  AND toStartOfFifteenMinutes(time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
