-- The policies that touched a call at the edge, ID@VERSION:ARM:EFFECT joined by commas (docs/telemetry.md); empty for nearly all calls, and neighbours share it.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS policies LowCardinality(String) CODEC(ZSTD(1)) AFTER finish_reason;
