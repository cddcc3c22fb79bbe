-- As TruncatedAnswers counts them, before the policy was obeyed: whatever its match fits, without what it limited all the same (an earlier time in which it was active).
SELECT
  count() AS answers,
  countIf(lower(finish_reason) IN ('length', 'max_tokens', 'max_output_tokens')) AS cut
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call'
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND status = 'answered' AND bitAnd(flags, {hit:UInt32}) = 0
  AND splitByChar(':', arrayFirst(entry -> startsWith(entry, concat({policy:String}, '@')), splitByChar(',', policies)))[2] != 'treatment'
  {{conditions}}
