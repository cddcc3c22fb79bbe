-- What turned out well, or did not: told by telemetry or by REST. The key is its name and id alone, and no partition divides them by time: the same told again, also
-- with another time or another end, takes the place of what was told before (a ticket that was reopened). There are far fewer than calls. To which calls one belongs is
-- found when it is asked for, by its trace, else by its session (docs/adr/0019).
CREATE TABLE IF NOT EXISTS outcomes
(
    tenant_id UUID,
    project_id UUID,
    name LowCardinality(String),
    outcome_id String CODEC(ZSTD(1)),
    trace_id FixedString(16),
    span_id UInt64,
    time DateTime64(6, 'UTC'),
    success Bool,
    has_value Bool,
    value Float64,
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
ENGINE = ReplacingMergeTree(ingested_at)
ORDER BY (tenant_id, name, outcome_id);
