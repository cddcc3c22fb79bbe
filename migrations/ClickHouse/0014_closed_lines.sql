-- The books of closed months: what a month's calls cost when it was closed, and each later difference as a line of its own with the day that it was found. Rows are only added: what was
-- closed never changes, and closed lines and corrections together are always what the calls say.
CREATE TABLE IF NOT EXISTS closed_lines
(
    tenant_id UUID CODEC(ZSTD(1)),
    close_id UUID CODEC(ZSTD(1)),
    -- Of the attempt that wrote it: lines of a close that broke off are in no figure.
    entry_id UUID CODEC(ZSTD(1)),
    is_correction Bool,
    booked_on Date,
    day Date,
    provider LowCardinality(String),
    model LowCardinality(String),
    meter LowCardinality(String),
    feature LowCardinality(String),
    team LowCardinality(String),
    customer String CODEC(ZSTD(1)),
    quantity Decimal(38, 12) CODEC(ZSTD(1)),
    cost Decimal(38, 12) CODEC(ZSTD(1)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, close_id, day, provider, model, meter);
