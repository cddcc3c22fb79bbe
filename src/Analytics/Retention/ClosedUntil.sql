-- Up to where cells are closed at all, and for long enough that no rebuild that began before can still be running.
SELECT
  toUInt32(toUnixTimestamp(max(closed_until))) AS closed,
  toUInt32(toUnixTimestamp(maxIf(closed_until, closed_at <= now64(6, 'UTC') - toIntervalMinute({closedMinutes:UInt32})))) AS settled
FROM closed_cells
WHERE tenant_id = {tenant:UUID}
