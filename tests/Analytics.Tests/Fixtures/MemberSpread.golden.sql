SELECT
  count() AS units,
  quantileExactLow(0.5)(member_cost),
  quantileExact(0.9)(member_cost),
  quantileExact(0.99)(member_cost),
  max(member_cost)
FROM
(
  SELECT sum(cost) AS member_cost
  FROM (
  SELECT toDateTime(start_time, 'UTC') AS cell, user, feature, cost, toUInt64(status = 'answered') AS calls, toUInt64(status = 'answered' AND bitAnd(flags, 128) != 0) AS unpriced_calls, toUInt64(status = 'failed') AS failed_calls,
    toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image AS input_tokens,
    toUInt64(cache_read) AS cache_read_tokens, toUInt64(cache_write_5m) + cache_write_1h AS cache_write_tokens,
    toUInt64(output_text) + output_reasoning + output_audio + output_image AS output_tokens, toUInt64(output_reasoning) AS reasoning_tokens
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND (start_time >= fromUnixTimestamp64Micro({rawFrom0:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({rawTo0:Int64}, 'UTC'))
    AND team IN {scopeTeams:Array(String)}
)
  WHERE user != ''
  GROUP BY user
  HAVING sum(calls) > 0 OR member_cost != 0
)
