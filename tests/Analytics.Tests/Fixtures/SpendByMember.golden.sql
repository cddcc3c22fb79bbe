SELECT
  if(rank <= {limit:UInt32}, name, '') AS member,
  rank > {limit:UInt32} AS is_other,
  count() AS members,
  sum(member_cost) AS sum_cost,
  sum(member_calls),
  sum(member_unpriced_calls),
  sum(member_failed_calls),
  sum(member_input_tokens),
  sum(member_cache_read_tokens),
  sum(member_cache_write_tokens),
  sum(member_output_tokens),
  sum(member_reasoning_tokens)
FROM
(
  SELECT *, row_number() OVER (ORDER BY member_cost DESC, member_calls DESC, name) AS rank
  FROM
  (
    SELECT
      toString(customer) AS name,
      sum(cost) AS member_cost,
      sum(calls) AS member_calls,
      sum(unpriced_calls) AS member_unpriced_calls,
      sum(failed_calls) AS member_failed_calls,
      sum(input_tokens) AS member_input_tokens,
      sum(cache_read_tokens) AS member_cache_read_tokens,
      sum(cache_write_tokens) AS member_cache_write_tokens,
      sum(output_tokens) AS member_output_tokens,
      sum(reasoning_tokens) AS member_reasoning_tokens
    FROM (
  SELECT toDateTime(start_time, 'UTC') AS cell, customer, cost, toUInt64(status = 'answered') AS calls, toUInt64(status = 'answered' AND bitAnd(flags, 128) != 0) AS unpriced_calls, toUInt64(status = 'failed') AS failed_calls,
    toUInt64(input_fresh) + cache_read + cache_write_5m + cache_write_1h + input_audio + input_image AS input_tokens,
    toUInt64(cache_read) AS cache_read_tokens, toUInt64(cache_write_5m) + cache_write_1h AS cache_write_tokens,
    toUInt64(output_text) + output_reasoning + output_audio + output_image AS output_tokens, toUInt64(output_reasoning) AS reasoning_tokens
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND (start_time >= fromUnixTimestamp64Micro({rawFrom0:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({rawTo0:Int64}, 'UTC'))
    AND session NOT IN {filter0:Array(String)}
)
    WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(customer, {search:String}) > 0
    GROUP BY customer
  )
)
GROUP BY is_other, member
ORDER BY is_other, sum_cost DESC, sum(member_calls) DESC, member
