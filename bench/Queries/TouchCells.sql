INSERT INTO cell_changes (tenant_id, cell, changes, changed_at)
SELECT tenant_id, cell, 1, now64(6, 'UTC')
FROM (SELECT DISTINCT tenant_id, cell FROM cell_changes WHERE tenant_id = {tenant:UUID} AND cell >= fromUnixTimestamp64Micro({from:Int64}, 'UTC'))
