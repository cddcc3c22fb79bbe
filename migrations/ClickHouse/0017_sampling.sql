-- How many calls a kept one stands for, where its trace was sampled (tracestate ot=th); 1 for all others, and for all rows from before. Neighbours nearly always share it.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS sampling_weight Float64 DEFAULT 1 CODEC(ZSTD(1)) AFTER attempt;
-- Whether a cell ever had a call that stands for others: only then are the columns below read.
ALTER TABLE cell_changes ADD COLUMN IF NOT EXISTS sampled SimpleAggregateFunction(max, UInt8);

ALTER TABLE cell_changes_by_calls MODIFY QUERY
SELECT
    tenant_id,
    toStartOfFifteenMinutes(start_time) AS cell,
    count() AS changes,
    max(ingested_at) AS changed_at,
    max(toUInt8(sampling_weight > 1)) AS sampled
FROM calls
GROUP BY tenant_id, cell;
-- What sampling left out of the sums beside it (docs/adr/0023). Zero where every call stands for itself, so sums from before are right as they are.
ALTER TABLE roll_up_spend
    ADD COLUMN IF NOT EXISTS sampled_calls UInt64, ADD COLUMN IF NOT EXISTS left_out_calls Float64,
    ADD COLUMN IF NOT EXISTS left_out_cost Decimal(38, 12), ADD COLUMN IF NOT EXISTS left_out_variance Float64;

ALTER TABLE roll_up_people
    ADD COLUMN IF NOT EXISTS sampled_calls UInt64, ADD COLUMN IF NOT EXISTS left_out_calls Float64,
    ADD COLUMN IF NOT EXISTS left_out_cost Decimal(38, 12), ADD COLUMN IF NOT EXISTS left_out_variance Float64;

ALTER TABLE roll_up_spend_hours
    ADD COLUMN IF NOT EXISTS sampled_calls UInt64, ADD COLUMN IF NOT EXISTS left_out_calls Float64,
    ADD COLUMN IF NOT EXISTS left_out_cost Decimal(38, 12), ADD COLUMN IF NOT EXISTS left_out_variance Float64;

ALTER TABLE roll_up_customer_hours
    ADD COLUMN IF NOT EXISTS sampled_calls UInt64, ADD COLUMN IF NOT EXISTS left_out_calls Float64,
    ADD COLUMN IF NOT EXISTS left_out_cost Decimal(38, 12), ADD COLUMN IF NOT EXISTS left_out_variance Float64;

ALTER TABLE roll_up_people_days
    ADD COLUMN IF NOT EXISTS sampled_calls UInt64, ADD COLUMN IF NOT EXISTS left_out_calls Float64,
    ADD COLUMN IF NOT EXISTS left_out_cost Decimal(38, 12), ADD COLUMN IF NOT EXISTS left_out_variance Float64;
