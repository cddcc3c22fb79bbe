INSERT INTO roll_up_spend
(
  tenant_id, cell, generation, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier,
  cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens{{left_out}}
)
SELECT
  {tenant:UUID}, cell, {generation:UInt64}, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier,
  {{sums}}
FROM
(
  SELECT
    toStartOfFifteenMinutes(start_time) AS cell, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, {{tier}},
    {{measures}}
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call'
    AND toStartOfFifteenMinutes(start_time) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
)
GROUP BY cell, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier
