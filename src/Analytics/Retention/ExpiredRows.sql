-- All tenants: how many rows of each are older than its cut-off.
SELECT tenant_id, count() AS expired
FROM {{table}}
WHERE tenant_id IN {tenants:Array(UUID)}
  AND {{time}} < toDateTime({latest:UInt32}, 'UTC')
  AND {{time}} < toDateTime(arrayElement({cutOffs:Array(UInt32)}, indexOf({tenants:Array(UUID)}, tenant_id)), 'UTC')
GROUP BY tenant_id
