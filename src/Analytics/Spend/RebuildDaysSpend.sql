INSERT INTO roll_up_spend_hours
(
  tenant_id, day, generation, hour, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier,
  cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens{{left_out}}
)
SELECT
  {tenant:UUID}, toStartOfDay(cell) AS day, {generation:UInt64}, toStartOfHour(cell) AS hour, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier,
  {{sums}}
FROM roll_up_spend
WHERE tenant_id = {tenant:UUID}
  AND toStartOfDay(cell) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
  AND (cell, generation) IN (
    SELECT cell, max(generation) FROM roll_up_cells
    WHERE tenant_id = {tenant:UUID} AND toStartOfDay(cell) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
    GROUP BY cell)
GROUP BY day, hour, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier
