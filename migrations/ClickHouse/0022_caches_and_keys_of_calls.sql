-- What the gateway tells of a call beside its policies: the virtual key that it came with, what its cache had to do with it, and input tokens that kept vectors of its list avoided.
-- Empty and zero for rows from before and for all calls without a gateway; neighbours nearly always share them.
ALTER TABLE calls
  ADD COLUMN IF NOT EXISTS gateway_key LowCardinality(String) CODEC(ZSTD(1)) AFTER policies,
  ADD COLUMN IF NOT EXISTS cache LowCardinality(String) CODEC(ZSTD(1)) AFTER gateway_key,
  ADD COLUMN IF NOT EXISTS tokens_avoided UInt32 CODEC(ZSTD(1)) AFTER cache;
