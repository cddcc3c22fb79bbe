SELECT count() AS changed_cells, toUnixTimestamp64Micro(max(changed_at))
FROM cell_changes
WHERE tenant_id = {tenant:UUID} AND cell >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
