SELECT
  intDiv(toUnixTimestamp(cell), {seconds:UInt32}) * {seconds:UInt32} AS start, project, feature, provider, model, tier,
  sum(cost), sum(calls), sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens)
FROM {{source}}
GROUP BY start, project, feature, provider, model, tier
LIMIT {limit:UInt32}
