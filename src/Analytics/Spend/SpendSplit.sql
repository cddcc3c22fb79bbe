-- Ranking and split in one reading: beside each period of a member stands what it cost over the whole range.
SELECT
  period,
  rank > {limit:UInt32} AS is_other,
  if(is_other, '', name) AS member,
  sum(sum_cost),
  sum(sum_calls),
  sum(sum_unpriced_calls),
  sum(sum_failed_calls),
  sum(sum_input_tokens),
  sum(sum_cache_read_tokens),
  sum(sum_cache_write_tokens),
  sum(sum_output_tokens),
  sum(sum_reasoning_tokens){{left_out}}
FROM
(
  SELECT *, dense_rank() OVER (ORDER BY member_cost DESC, member_calls DESC, name) AS rank
  FROM
  (
    SELECT *, sum(sum_cost) OVER (PARTITION BY name) AS member_cost, sum(sum_calls) OVER (PARTITION BY name) AS member_calls
    FROM
    (
      SELECT
        roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period,
        toString({{column}}) AS name,
        {{sums}}
      FROM {{source}}
      GROUP BY period, {{column}}
    )
  )
)
GROUP BY period, is_other, member
