SELECT
  toUInt32(toUnixTimestamp(toStartOfFifteenMinutes(start_time))) AS cell, model, feature, team, customer,
  sum(toUInt64(input_fresh)) AS input_tokens, sum(toUInt64(output_text) + output_reasoning) AS output_tokens,
  sum(duration_us) AS call_us, sumIf(duration_us, status = 'failed') AS failed_us
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call' AND price_id = 0 AND model IN {models:Array(String)}
  AND toStartOfFifteenMinutes(start_time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
GROUP BY cell, model, feature, team, customer
