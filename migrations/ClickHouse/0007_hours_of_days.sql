-- The narrow roll-ups keep the hours of a day apart: most time zones' days and all hours are cut from them, and they stay few.
-- Users are as many rows in an hour as in its cells, so roll_up_people_days keeps whole days of UTC.
CREATE TABLE IF NOT EXISTS roll_up_spend_hours
(
    tenant_id UUID,
    day DateTime('UTC'),
    generation UInt64,
    hour DateTime('UTC'),
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
ORDER BY (tenant_id, day, generation, hour);

CREATE TABLE IF NOT EXISTS roll_up_customer_hours
(
    tenant_id UUID,
    day DateTime('UTC'),
    generation UInt64,
    hour DateTime('UTC'),
    project_id UUID,
    team LowCardinality(String),
    customer LowCardinality(String),
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
ORDER BY (tenant_id, day, generation, hour);

-- Days that were summed up without their hours are summed up again.
TRUNCATE TABLE IF EXISTS roll_up_days;

DROP TABLE IF EXISTS roll_up_spend_days;
