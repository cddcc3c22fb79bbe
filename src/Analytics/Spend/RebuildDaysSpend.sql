INSERT INTO roll_up_spend_days
(
  tenant_id, day, generation, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model,
  cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens
)
SELECT
  {tenant:UUID}, toStartOfDay(cell) AS day, {generation:UInt64}, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model,
  {{sums}}
FROM roll_up_spend
WHERE tenant_id = {tenant:UUID}
  AND toStartOfDay(cell) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
  AND (cell, generation) IN (
    SELECT cell, max(generation) FROM roll_up_cells
    WHERE tenant_id = {tenant:UUID} AND toStartOfDay(cell) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
    GROUP BY cell)
GROUP BY day, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model
