-- Only the last hour of the tenant's calls is read.
SELECT
  max(ingested_at) AS received,
  max(start_time) AS started,
  count() AS rows_read
FROM calls
WHERE tenant_id = {tenant:UUID}
  AND start_time >= (SELECT toDateTime64(max(cell), 6, 'UTC') - INTERVAL 1 HOUR FROM cell_changes WHERE tenant_id = {tenant:UUID})
