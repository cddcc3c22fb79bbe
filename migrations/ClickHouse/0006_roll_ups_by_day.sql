-- Whole days of UTC, summed up from the cells of roll_up_spend and roll_up_people: a user who calls all day is one row here and dozens there.
-- Which sums are in force, and the changes of all the day's cells that they know of. A day whose cells have changed since is read by its cells.
CREATE TABLE IF NOT EXISTS roll_up_days
(
    tenant_id UUID,
    day DateTime('UTC'),
    generation UInt64,
    changes UInt64,
    built_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY (tenant_id, day, generation);

CREATE TABLE IF NOT EXISTS roll_up_spend_days
(
    tenant_id UUID,
    day DateTime('UTC'),
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
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, day, generation);

-- Sorted by customer and user as well: equal names lie together, which compresses them and is quick to group.
CREATE TABLE IF NOT EXISTS roll_up_people_days
(
    tenant_id UUID,
    day DateTime('UTC'),
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
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, day, generation, customer, user);

-- The look for cells to rebuild reads only what was written to lately.
ALTER TABLE cell_changes ADD INDEX IF NOT EXISTS by_changed_at changed_at TYPE minmax GRANULARITY 1;
