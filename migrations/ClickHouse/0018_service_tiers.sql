-- The service tier that calls were served at, as far as it has a price of its own: batch, flex, priority, fast; empty = standard. Why a bill changed is read from it (docs/adr/0027).
ALTER TABLE roll_up_spend ADD COLUMN IF NOT EXISTS tier LowCardinality(String) AFTER requested_model;

ALTER TABLE roll_up_spend_hours ADD COLUMN IF NOT EXISTS tier LowCardinality(String) AFTER requested_model;

-- Cells from before that have such calls count as changed, so that they are rolled up again with it. Closed ones stay as they are: their tiers are not known.
INSERT INTO cell_changes (tenant_id, cell, changes, changed_at, sampled)
SELECT tenant_id, toStartOfFifteenMinutes(start_time) AS cell, 1, now64(6, 'UTC'), 0
FROM calls
WHERE batch OR lower(if(served_tier != '', served_tier, requested_tier)) = 'batch'
  OR lower(served_tier) IN ('flex', 'on_demand_flex', 'priority', 'on_demand_priority', 'fast')
GROUP BY tenant_id, cell;
