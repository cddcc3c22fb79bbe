SELECT '{{table}}' AS name, count() AS user_rows
FROM {{table}}
WHERE tenant_id = {tenant:UUID} AND user = {user:String}
