-- How often each cell (tenant x 15 minutes) was written to. Maintained by the inserts themselves. A cell whose count differs from the one
-- its roll-up was built at is pending: queries read its raw rows instead, so nothing is missed and nothing counted twice.
CREATE TABLE IF NOT EXISTS cell_changes
(
    tenant_id UUID,
    cell DateTime('UTC'),
    changes SimpleAggregateFunction(sum, UInt64),
    changed_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, cell);

CREATE MATERIALIZED VIEW IF NOT EXISTS cell_changes_by_calls TO cell_changes AS
SELECT
    tenant_id,
    toStartOfFifteenMinutes(start_time) AS cell,
    count() AS changes,
    max(ingested_at) AS changed_at
FROM calls
GROUP BY tenant_id, cell;

-- The generation of each cell's roll-up that is in force. A rebuild writes its rows under a new generation and then publishes it here.
CREATE TABLE IF NOT EXISTS roll_up_cells
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    changes UInt64,
    built_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY (tenant_id, cell, generation);

-- Dimensions that belong together and stay few.
CREATE TABLE IF NOT EXISTS roll_up_spend
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    project_id UUID,
    feature LowCardinality(String),
    team LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    endpoint LowCardinality(String),
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    requested_model LowCardinality(String),
    cost Decimal(38, 12),
    calls UInt64,
    unpriced_calls UInt64,
    failed_calls UInt64,
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation);

-- The wide dimensions, apart, so that they do not multiply the others.
CREATE TABLE IF NOT EXISTS roll_up_people
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    project_id UUID,
    team LowCardinality(String),
    customer LowCardinality(String),
    user String,
    cost Decimal(38, 12),
    calls UInt64,
    unpriced_calls UInt64,
    failed_calls UInt64,
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation);
