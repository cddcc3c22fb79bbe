-- All tenants: what arrived is looked at in the order of arrival, whoever sent it. Each tenant's traces are then read apart.
SELECT tenant_id, hex(trace_id), toUnixTimestamp64Micro(touched_at) AS at, toUnixTimestamp64Micro(min(first_start)), toUnixTimestamp64Micro(max(last_start))
FROM touched_traces
WHERE touched_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND touched_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
GROUP BY touched_at, tenant_id, trace_id
ORDER BY touched_at
LIMIT {limit:UInt32} WITH TIES
