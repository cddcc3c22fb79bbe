SELECT max(sampled)
FROM cell_changes
WHERE tenant_id = {tenant:UUID} AND cell > fromUnixTimestamp64Micro({from:Int64}, 'UTC') - toIntervalMinute(15) AND cell < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
