-- Prompts and answers of projects that have opted in: sealed at the front door under the tenant's key, which is kept elsewhere (PostgreSQL), so that nothing here can be read
-- without it. One row for each report that told content. What is encrypted does not compress; the 90 days are the most that a tenant can set.
CREATE TABLE IF NOT EXISTS call_samples
(
    tenant_id UUID,
    project_id UUID,
    trace_id FixedString(16),
    span_id UInt64,
    start_time DateTime64(6, 'UTC'),
    key_id UUID,
    kept_bytes UInt32,
    told_bytes UInt32,
    sealed String CODEC(NONE),
    ingested_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(start_time)
ORDER BY (tenant_id, trace_id, span_id)
TTL toDateTime(start_time) + INTERVAL 90 DAY;
