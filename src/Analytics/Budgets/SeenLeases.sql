-- Calls that a policy treated: what they cost was settled by a lease, also where it was spent and they went to a cheaper model, few at a time, or while nobody could be asked. Refused ones cost nothing, trials settle nothing.
SELECT
  arrayJoin(arrayIntersect({policies:Array(String)}, arrayMap(
    entry -> substring(entry, 1, position(entry, '@') - 1), arrayFilter(entry -> position(entry, ':treatment:') > 0, splitByChar(',', toString(policies)))))) AS policy,
  sum(cost)
FROM calls FINAL
WHERE tenant_id = {tenant:UUID} AND role = 'call'
  AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  AND position(policies, ':treatment:') > 0
GROUP BY policy
