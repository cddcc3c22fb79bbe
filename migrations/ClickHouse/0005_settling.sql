-- The response id as a number: settling looks for the same id in other traces, and eight bytes a row are quick to read.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS response_hash UInt64 MATERIALIZED if(response_id = '', 0, cityHash64(response_id));

-- Spans of half an hour and more, few. They tell settling how far a trace reaches, so that it can read the few cells of all others.
CREATE TABLE IF NOT EXISTS long_spans
(
    tenant_id UUID,
    trace_id FixedString(16),
    first_start DateTime64(6, 'UTC'),
    last_end DateTime64(6, 'UTC'),
    ingested_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(ingested_at)
ORDER BY (tenant_id, trace_id)
TTL toDateTime(ingested_at) + INTERVAL 3 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS long_spans_by_calls TO long_spans AS
SELECT tenant_id, trace_id, start_time AS first_start, start_time + toIntervalMicrosecond(duration_us) AS last_end, ingested_at
FROM calls
WHERE version = 0 AND duration_us >= 1800000000;

CREATE MATERIALIZED VIEW IF NOT EXISTS long_spans_by_links TO long_spans AS
SELECT tenant_id, trace_id, start_time AS first_start, start_time + toIntervalMicrosecond(duration_us) AS last_end, ingested_at
FROM links
WHERE duration_us >= 1800000000;

-- How far settling has come, by the engine's clock.
CREATE TABLE IF NOT EXISTS settle_progress
(
    singleton UInt8,
    settled_to DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(settled_to)
ORDER BY singleton;
