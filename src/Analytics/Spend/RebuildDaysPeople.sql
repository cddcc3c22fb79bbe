INSERT INTO roll_up_people_days
(
  tenant_id, day, generation, project_id, team, customer, user,
  cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens{{left_out}}
)
SELECT
  {tenant:UUID}, toStartOfDay(cell) AS day, {generation:UInt64}, project_id, team, customer, user,
  {{sums}}
FROM roll_up_people
WHERE tenant_id = {tenant:UUID}
  AND toStartOfDay(cell) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
  AND (cell, generation) IN (
    SELECT cell, max(generation) FROM roll_up_cells
    WHERE tenant_id = {tenant:UUID} AND toStartOfDay(cell) IN (SELECT toDateTime(arrayJoin({cells:Array(UInt32)}), 'UTC'))
    GROUP BY cell)
GROUP BY day, project_id, team, customer, user
