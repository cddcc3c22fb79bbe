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
  sum(member_reasoning_tokens){{left_out}}
FROM
(
  SELECT *, row_number() OVER (ORDER BY member_cost DESC, member_calls DESC, name) AS rank
  FROM
  (
    SELECT
      toString({{column}}) AS name,
      sum(cost) AS member_cost,
      sum(calls) AS member_calls,
      sum(unpriced_calls) AS member_unpriced_calls,
      sum(failed_calls) AS member_failed_calls,
      sum(input_tokens) AS member_input_tokens,
      sum(cache_read_tokens) AS member_cache_read_tokens,
      sum(cache_write_tokens) AS member_cache_write_tokens,
      sum(output_tokens) AS member_output_tokens,
      sum(reasoning_tokens) AS member_reasoning_tokens{{member_left_out}}
    FROM {{source}}
    WHERE {search:String} = '' OR positionCaseInsensitiveUTF8({{column}}, {search:String}) > 0
    GROUP BY {{column}}
  )
)
GROUP BY is_other, member
ORDER BY is_other, sum_cost DESC, sum(member_calls) DESC, member
