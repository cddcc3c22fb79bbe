-- How often each quarter hour got samples of GPUs and inference servers. A reading holds for a quarter hour at most, so it counts in its own and in the next.
CREATE TABLE IF NOT EXISTS device_cell_changes
(
    tenant_id UUID,
    cell DateTime('UTC'),
    changes SimpleAggregateFunction(sum, UInt64),
    changed_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, cell);

CREATE MATERIALIZED VIEW IF NOT EXISTS device_cell_changes_by_samples TO device_cell_changes AS
SELECT
    tenant_id,
    arrayJoin([toStartOfFifteenMinutes(time), toStartOfFifteenMinutes(time) + toIntervalMinute(15)]) AS cell,
    count() AS changes,
    max(ingested_at) AS changed_at
FROM resource_samples
WHERE kind IN ('gpu', 'inference')
GROUP BY tenant_id, cell;

-- What was there before this view.
INSERT INTO device_cell_changes
SELECT
    tenant_id,
    arrayJoin([toStartOfFifteenMinutes(time), toStartOfFifteenMinutes(time) + toIntervalMinute(15)]) AS cell,
    count() AS changes,
    max(ingested_at) AS changed_at
FROM resource_samples
WHERE kind IN ('gpu', 'inference')
GROUP BY tenant_id, cell;

-- The generation of each quarter hour's rows below that is in force, and what it was built from: counts of samples and of writes to calls, and the version of the prices.
CREATE TABLE IF NOT EXISTS device_cells
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    samples UInt64,
    calls UInt64,
    price_version Int64,
    built_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(generation)
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation);

-- Each device (or slice of one) in each quarter hour. Where is_priced is false no price held for it: its cost is unknown, and 0 here stands for nothing.
CREATE TABLE IF NOT EXISTS device_intervals
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    host LowCardinality(String),
    device LowCardinality(String),
    slice LowCardinality(String),
    accelerator LowCardinality(String),
    share Float64,
    observed_seconds Float64,
    used_seconds Float64,
    unknown_seconds Float64,
    memory_used_bytes Float64,
    memory_total_bytes Float64,
    watts Float64,
    is_priced Bool,
    provider LowCardinality(String),
    region LowCardinality(String),
    purchase UInt8,
    price_per_hour Decimal(38, 12),
    cost Decimal(38, 12)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation, host, device, slice);

-- Each part of a priced device's money. Per quarter hour and device the parts sum to its cost, in both bases.
CREATE TABLE IF NOT EXISTS device_costs
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    host LowCardinality(String),
    device LowCardinality(String),
    slice LowCardinality(String),
    kind Enum8('used' = 0, 'idle' = 1, 'unallocated' = 2, 'wasted' = 3),
    model LowCardinality(String),
    feature LowCardinality(String),
    team LowCardinality(String),
    customer LowCardinality(String),
    reason UInt8,
    is_estimated Bool,
    usage_cost Decimal(38, 12),
    allocation_cost Decimal(38, 12)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation, host, device, slice, kind, model, feature, team, customer, reason);

-- What inference servers told of each model in each quarter hour.
CREATE TABLE IF NOT EXISTS device_models
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    host LowCardinality(String),
    model LowCardinality(String),
    prefill_seconds Float64,
    decode_seconds Float64,
    prompt_tokens Float64,
    generated_tokens Float64
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation, host, model);
