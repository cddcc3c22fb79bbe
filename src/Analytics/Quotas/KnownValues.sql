SELECT DISTINCT {{column}} AS value
FROM
(
  SELECT {{column}} FROM {{cells}} WHERE tenant_id = {tenant:UUID} AND cell >= fromUnixTimestamp64Micro({recent:Int64}, 'UTC')
  UNION ALL
  SELECT {{column}} FROM {{days}} WHERE tenant_id = {tenant:UUID} AND day >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
)
WHERE value != ''
LIMIT {limit:UInt64}
