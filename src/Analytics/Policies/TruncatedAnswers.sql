-- An answer from a cache was cut, or not, when it was made. The words are OpenAI's, Anthropic's and Gemini's.
SELECT
  splitByChar(':', arrayFirst(entry -> startsWith(entry, concat({policy:String}, '@')), splitByChar(',', policies)))[2] AS arm,
  count() AS answers,
  countIf(lower(finish_reason) IN ('length', 'max_tokens', 'max_output_tokens')) AS cut
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call'
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND status = 'answered' AND bitAnd(flags, {hit:UInt32}) = 0
  AND position(concat(',', policies), concat(',', {policy:String}, '@')) > 0
GROUP BY arm
