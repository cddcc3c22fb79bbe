-- Distinct users, sessions or customers with at least one call, and what the calls cost that tell one.
SELECT
  roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period,
  toString(feature) AS in_group,
  uniqExactIf(user, user != '' AND (calls > 0 OR cost != 0)) AS units,
  sumIf(cost, user != '') AS told_cost,
  sumIf(calls, user = '') AS left_out_calls,
  sumIf(cost, user = '') AS left_out_cost
FROM (
  SELECT toDateTime(start_time, 'UTC') AS cell, user, feature, cost, toUInt64(status = 'answered') AS calls, toUInt64(status = 'answered' AND bitAnd(flags, 128) != 0) AS unpriced_calls, toUInt64(status = 'failed') AS failed_calls,
    toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image AS input_tokens,
    toUInt64(cache_read) AS cache_read_tokens, toUInt64(cache_write_5m) + cache_write_1h AS cache_write_tokens,
    toUInt64(output_text) + output_reasoning + output_audio + output_image AS output_tokens, toUInt64(output_reasoning) AS reasoning_tokens
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND (start_time >= fromUnixTimestamp64Micro({rawFrom0:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({rawTo0:Int64}, 'UTC'))
    AND team IN {scopeTeams:Array(String)}
)
GROUP BY period, in_group
ORDER BY period, told_cost DESC, units DESC, in_group
LIMIT {limit:UInt32}
