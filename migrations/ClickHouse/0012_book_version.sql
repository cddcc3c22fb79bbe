-- Which version of the price book gave the cost; 0: the list shipped with the program, and all rows from before. Neighbours nearly always share it, so that it takes next to nothing.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS book_version Int64 CODEC(Delta, ZSTD(1)) AFTER price_id;

-- What a re-rating found: the calls whose cost differs under its book, with both costs and the version of the row that it looked at. Kept after it was applied and after it was taken back: the
-- page of a call tells its history from it. Ordered like calls, so that the two are joined within few cells.
CREATE TABLE IF NOT EXISTS call_reratings
(
    tenant_id UUID,
    rerating_id UUID,
    start_time DateTime64(6, 'UTC') CODEC(T64, ZSTD(1)),
    trace_id FixedString(16),
    span_id UInt64,
    seen_version UInt64 CODEC(T64, ZSTD(1)),
    feature LowCardinality(String),
    model LowCardinality(String),
    old_provider LowCardinality(String),
    new_provider LowCardinality(String),
    old_cost Decimal(38, 12) CODEC(ZSTD(1)),
    new_cost Decimal(38, 12) CODEC(ZSTD(1)),
    old_flags UInt32,
    new_flags UInt32,
    old_price_id Int64 CODEC(ZSTD(1)),
    new_price_id Int64 CODEC(ZSTD(1)),
    old_book_version Int64 CODEC(Delta, ZSTD(1)),
    new_book_version Int64 CODEC(Delta, ZSTD(1)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(seen_version)
PARTITION BY toYYYYMM(start_time)
ORDER BY (tenant_id, toStartOfFifteenMinutes(start_time), trace_id, span_id, rerating_id);
