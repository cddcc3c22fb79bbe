INSERT INTO {{days}}
(
  tenant_id, day, generation, {{keys}},
  cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens{{left_out}}
)
SELECT
  tenant_id, day, generation, {{keys}},
  {{sums}}
FROM {{of}}
WHERE tenant_id = {tenant:UUID} AND generation = {generation:UInt64} AND day IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
GROUP BY tenant_id, day, generation, {{keys}}
