SELECT '{{class}}' AS kept, count() AS expiring
FROM {{table}}
WHERE tenant_id = {tenant:UUID} AND {{time}} < toDateTime({{{class}}:UInt32}, 'UTC')
