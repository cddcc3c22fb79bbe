-- All tenants: whose calls arrived is looked at together; their calls are then read apart. Each insert counts itself here, so this is small.
SELECT tenant_id, toUnixTimestamp(min(cell))
FROM cell_changes
WHERE changed_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC')
GROUP BY tenant_id
ORDER BY tenant_id
