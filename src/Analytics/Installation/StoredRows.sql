SELECT '{{table}}' AS name, count() AS tenant_rows
FROM {{table}}
WHERE tenant_id = {tenant:UUID}