-- Buckets tell samples, too.
ALTER TABLE resource_samples MODIFY COLUMN kind Enum8('gpu' = 1, 'inference' = 2, 'vector_db' = 3, 'tokens' = 4, 'other' = 5, 'storage' = 6);

-- How often each quarter hour got samples of vector databases and buckets, or operations. A reading holds for a quarter hour at most, so it counts in its own and in the next.
CREATE TABLE IF NOT EXISTS data_store_cell_changes
(
    tenant_id UUID,
    cell DateTime('UTC'),
    changes SimpleAggregateFunction(sum, UInt64),
    changed_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, cell);

CREATE MATERIALIZED VIEW IF NOT EXISTS data_store_cell_changes_by_samples TO data_store_cell_changes AS
SELECT
    tenant_id,
    arrayJoin([toStartOfFifteenMinutes(time), toStartOfFifteenMinutes(time) + toIntervalMinute(15)]) AS cell,
    count() AS changes,
    max(ingested_at) AS changed_at
FROM resource_samples
WHERE kind IN ('vector_db', 'storage')
GROUP BY tenant_id, cell;

CREATE MATERIALIZED VIEW IF NOT EXISTS data_store_cell_changes_by_operations TO data_store_cell_changes AS
SELECT tenant_id, toDateTime(toStartOfFifteenMinutes(start_time), 'UTC') AS cell, count() AS changes, max(ingested_at) AS changed_at
FROM vector_operations
GROUP BY tenant_id, cell;

-- What was there before these views.
INSERT INTO data_store_cell_changes
SELECT
    tenant_id,
    arrayJoin([toStartOfFifteenMinutes(time), toStartOfFifteenMinutes(time) + toIntervalMinute(15)]) AS cell,
    count() AS changes,
    max(ingested_at) AS changed_at
FROM resource_samples
WHERE kind IN ('vector_db', 'storage')
GROUP BY tenant_id, cell;

INSERT INTO data_store_cell_changes
SELECT tenant_id, toDateTime(toStartOfFifteenMinutes(start_time), 'UTC') AS cell, count() AS changes, max(ingested_at) AS changed_at
FROM vector_operations
GROUP BY tenant_id, cell;

-- The generation of each quarter hour's rows below that is in force, and what it was built from: counts of samples and operations and of writes to calls, and the version of the prices.
CREATE TABLE IF NOT EXISTS data_store_cells
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    changes UInt64,
    calls UInt64,
    price_version Int64,
    built_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(generation)
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation);

-- Each measured quantity in each quarter hour: of a whole node (name is empty), of a collection, of a bucket's tier. Where is_priced is false no price held, and cost 0 stands for nothing:
-- the cost is unknown where is_unpriced is true, else something else that is priced pays for it.
CREATE TABLE IF NOT EXISTS data_store_meters
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    store Enum8('vector_database' = 0, 'bucket' = 1),
    system LowCardinality(String),
    host LowCardinality(String),
    name LowCardinality(String),
    tier LowCardinality(String),
    meter UInt8,
    quantity Float64,
    is_priced Bool,
    is_unpriced Bool,
    is_estimated Bool,
    price Decimal(38, 12),
    cost Decimal(38, 12)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation, store, system, host, name, tier, meter);

-- Each part of that money. Per quarter hour, system and host the parts sum to it, in both bases.
CREATE TABLE IF NOT EXISTS data_store_costs
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    store Enum8('vector_database' = 0, 'bucket' = 1),
    system LowCardinality(String),
    host LowCardinality(String),
    name LowCardinality(String),
    tier LowCardinality(String),
    kind Enum8('used' = 0, 'idle' = 1, 'unallocated' = 2, 'wasted' = 3),
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
ORDER BY (tenant_id, cell, generation, store, system, host, name, tier, kind, feature, team, customer, reason);

-- How large each collection or tier was, and how often spans say that it was asked.
CREATE TABLE IF NOT EXISTS data_store_sizes
(
    tenant_id UUID,
    cell DateTime('UTC'),
    generation UInt64,
    store Enum8('vector_database' = 0, 'bucket' = 1),
    system LowCardinality(String),
    host LowCardinality(String),
    name LowCardinality(String),
    tier LowCardinality(String),
    memory_bytes Float64,
    disk_bytes Float64,
    vectors Float64,
    reads UInt64,
    writes UInt64,
    failed UInt64
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(cell)
ORDER BY (tenant_id, cell, generation, store, system, host, name, tier);
