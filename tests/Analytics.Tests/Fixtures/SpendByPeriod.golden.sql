SELECT
  {periods:Array(UInt32)}[1] AS period,
  feature,
  project,
  sum(cost) AS sum_cost,
  sum(calls) AS sum_calls,
  sum(unpriced_calls) AS sum_unpriced_calls,
  sum(failed_calls) AS sum_failed_calls,
  sum(input_tokens) AS sum_input_tokens,
  sum(cache_read_tokens) AS sum_cache_read_tokens,
  sum(cache_write_tokens) AS sum_cache_write_tokens,
  sum(output_tokens) AS sum_output_tokens,
  sum(reasoning_tokens) AS sum_reasoning_tokens
FROM (
  SELECT day AS cell, feature, toString(project_id) AS project, cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens
  FROM roll_up_spend_days
  WHERE tenant_id = {tenant:UUID}
    AND (day, generation) IN CAST({days:Array(Tuple(UInt32, UInt64))} AS Array(Tuple(DateTime('UTC'), UInt64)))
    AND team IN {filter0:Array(String)}
  UNION ALL
  SELECT cell, feature, toString(project_id) AS project, cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens
  FROM roll_up_spend
  WHERE tenant_id = {tenant:UUID} AND (cell >= fromUnixTimestamp64Micro({cellsFrom0:Int64}, 'UTC') AND cell < fromUnixTimestamp64Micro({cellsTo0:Int64}, 'UTC') OR cell >= fromUnixTimestamp64Micro({cellsFrom1:Int64}, 'UTC') AND cell < fromUnixTimestamp64Micro({cellsTo1:Int64}, 'UTC'))
    AND (cell, generation) IN CAST({built:Array(Tuple(UInt32, UInt64))} AS Array(Tuple(DateTime('UTC'), UInt64)))
    AND team IN {filter0:Array(String)}
  UNION ALL
  SELECT toDateTime(start_time, 'UTC') AS cell, feature, toString(project_id) AS project, cost, toUInt64(status = 'answered') AS calls, toUInt64(status = 'answered' AND bitAnd(flags, 128) != 0) AS unpriced_calls, toUInt64(status = 'failed') AS failed_calls,
    toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image AS input_tokens,
    toUInt64(cache_read) AS cache_read_tokens, toUInt64(cache_write_5m) + cache_write_1h AS cache_write_tokens,
    toUInt64(output_text) + output_reasoning + output_audio + output_image AS output_tokens, toUInt64(output_reasoning) AS reasoning_tokens
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND (start_time >= fromUnixTimestamp64Micro({rawFrom0:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({rawTo0:Int64}, 'UTC') OR start_time >= fromUnixTimestamp64Micro({rawFrom1:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({rawTo1:Int64}, 'UTC'))
    AND team IN {filter0:Array(String)}
)
GROUP BY feature, project
ORDER BY period, sum_cost DESC, sum_calls DESC, feature, project
LIMIT {limit:UInt32}
