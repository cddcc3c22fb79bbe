SELECT
  toUnixTimestamp64Micro(now64(6, 'UTC')),
  (SELECT toUnixTimestamp64Micro(max(settled_to)) FROM settle_progress)
