-- What few calls use (pictures, sound by its length, search units, tool fees, storage of caches, cached audio and images), by the names of OtherUsage: one column that is
-- empty in nearly every row, because each further column costs every call some nanoseconds. cache_read goes on counting all cached tokens; of which kind they were is said here.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS other_usage Map(String, UInt32) CODEC(ZSTD(1)) AFTER gpu_ms;
-- Quality and size of a picture that was made, where its price depends on them.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS variant String CODEC(ZSTD(1)) AFTER served_tier;
