-- Spans that are not calls: place in the trace and tags, no content. Calls below them inherit from them.
CREATE TABLE IF NOT EXISTS links
(
    tenant_id UUID,
    project_id UUID,
    trace_id FixedString(16),
    span_id UInt64,
    parent_span_id UInt64,
    start_time DateTime64(6, 'UTC'),
    duration_us UInt64,
    kind UInt8,
    failed Bool,
    name LowCardinality(String),
    service LowCardinality(String),
    feature LowCardinality(String),
    user String,
    team LowCardinality(String),
    customer LowCardinality(String),
    environment LowCardinality(String),
    session String,
    endpoint LowCardinality(String),
    tag_levels UInt32,
    ingested_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(ingested_at)
ORDER BY (tenant_id, trace_id, span_id)
TTL toDateTime(ingested_at) + INTERVAL 3 DAY
SETTINGS ttl_only_drop_parts = 1;

-- Traces that settling has to look at: something of them arrived. Written by the inserts themselves, so that no crash can lose one.
-- A root report alone has no relatives in its trace, so it is left out: what it shares with another trace is its response id, and
-- settling finds that in calls by ingested_at. (A root report that has descendants is touched by them.)
CREATE TABLE IF NOT EXISTS touched_traces
(
    touched_at DateTime64(6, 'UTC'),
    tenant_id UUID,
    trace_id FixedString(16),
    first_start DateTime64(6, 'UTC'),
    last_start DateTime64(6, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(touched_at)
ORDER BY (touched_at, tenant_id, trace_id)
TTL toDateTime(touched_at) + INTERVAL 1 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS touched_by_calls TO touched_traces AS
SELECT
    ingested_at AS touched_at,
    tenant_id,
    trace_id,
    min(start_time) AS first_start,
    max(start_time) AS last_start
FROM calls
WHERE version = 0 AND parent_span_id != 0
GROUP BY touched_at, tenant_id, trace_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS touched_by_links TO touched_traces AS
SELECT
    ingested_at AS touched_at,
    tenant_id,
    trace_id,
    min(start_time) AS first_start,
    max(start_time + toIntervalMicrosecond(duration_us)) AS last_start
FROM links
GROUP BY touched_at, tenant_id, trace_id;
