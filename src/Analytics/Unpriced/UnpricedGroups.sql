-- Answered calls whose cost is unknown, by what a price would be looked up for. Averages stand for the calls in an estimate.
SELECT
  provider, model, bitAnd(flags, {noUsage:UInt32}) != 0 AS told_nothing, count() AS calls,
  min(toUnixTimestamp64Micro(start_time)) AS first_us, max(toUnixTimestamp64Micro(start_time)) AS last_us,
  sum(toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image) AS input_sum,
  sum(toUInt64(output_text) + output_reasoning + output_audio + output_image) AS output_sum,
  toUInt32(round(avg(input_fresh))), toUInt32(round(avg(cache_read))), toUInt32(round(avg(cache_write_5m))), toUInt32(round(avg(cache_write_1h))),
  toUInt32(round(avg(output_text))), toUInt32(round(avg(output_reasoning))),
  topK(5)(toString(feature)), uniq(feature)
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call' AND status = 'answered' AND bitAnd(flags, {unpriced:UInt32}) != 0
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY provider, model, told_nothing
ORDER BY calls DESC, provider, model
LIMIT {limit:UInt32}
