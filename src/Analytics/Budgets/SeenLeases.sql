-- Calls that a policy left as they were, because its budget had money: they drew on a lease. Trials, and calls above the limit, did not.
SELECT
  arrayJoin(arrayIntersect({policies:Array(String)}, arrayMap(
    entry -> substring(entry, 1, position(entry, '@') - 1), arrayFilter(entry -> endsWith(entry, ':treatment:unchanged'), splitByChar(',', toString(policies)))))) AS policy,
  sum(cost)
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call'
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND position(policies, ':treatment:unchanged') > 0
GROUP BY policy
