-- What the front door did, by minute: accepted spans and every refusal by its reason. The zero tenant holds requests whose key is unknown.
CREATE TABLE IF NOT EXISTS ingest_events
(
    tenant_id UUID,
    minute DateTime('UTC'),
    transport LowCardinality(String),
    signal LowCardinality(String),
    reason LowCardinality(String),
    requests UInt64,
    items UInt64,
    bytes UInt64
)
ENGINE = SummingMergeTree((requests, items, bytes))
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant_id, minute, transport, signal, reason)
TTL minute + INTERVAL 90 DAY;

-- Spans whose counts cannot be true: not in calls, tokens or cost, but counted and shown with the reason.
CREATE TABLE IF NOT EXISTS quarantined_spans
(
    tenant_id UUID,
    project_id UUID,
    trace_id FixedString(16),
    span_id UInt64,
    start_time DateTime64(6, 'UTC'),
    scope LowCardinality(String),
    service LowCardinality(String),
    model LowCardinality(String),
    reason LowCardinality(String),
    detail String,
    ingested_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (tenant_id, trace_id, span_id)
TTL toDateTime(ingested_at) + INTERVAL 90 DAY;

-- GPU, inference-server and vector-database metrics under one set of names and units (docs/telemetry.md).
CREATE TABLE IF NOT EXISTS resource_samples
(
    tenant_id UUID,
    project_id UUID,
    time DateTime64(3, 'UTC'),
    kind Enum8('gpu' = 1, 'inference' = 2, 'vector_db' = 3, 'tokens' = 4, 'other' = 5),
    metric LowCardinality(String),
    unit LowCardinality(String),
    -- What is measured: a GPU's uuid, a model name, a collection.
    subject LowCardinality(String),
    host LowCardinality(String),
    service LowCardinality(String),
    environment LowCardinality(String),
    attributes Map(LowCardinality(String), String),
    -- The counter's reset time for cumulative points; equal to time for gauges.
    start_time DateTime64(3, 'UTC'),
    temporality Enum8('gauge' = 0, 'delta' = 1, 'cumulative' = 2),
    value Float64,
    count UInt64,
    ingested_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, kind, metric, subject, host, time, attributes)
TTL toDateTime(time) + INTERVAL 400 DAY;

-- Operations on vector databases, from spans; no query vectors, no texts.
CREATE TABLE IF NOT EXISTS vector_operations
(
    tenant_id UUID,
    project_id UUID,
    trace_id FixedString(16),
    span_id UInt64,
    parent_span_id UInt64,
    start_time DateTime64(6, 'UTC'),
    duration_us UInt64,
    scope LowCardinality(String),
    system LowCardinality(String),
    collection LowCardinality(String),
    operation LowCardinality(String),
    failed Bool,
    top_k UInt32,
    returned UInt32,
    vectors UInt32,
    read_units Float64,
    feature LowCardinality(String),
    user String,
    team LowCardinality(String),
    customer LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    session String,
    tag_levels UInt32,
    ingested_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(start_time)
ORDER BY (tenant_id, toStartOfFifteenMinutes(start_time), trace_id, span_id);
