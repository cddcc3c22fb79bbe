-- The key that a call came under: who runs away is told by it, too (docs/detection.md). Zero for all rows from before; neighbours nearly always share it.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS key_id UUID CODEC(ZSTD(1)) AFTER project_id;
