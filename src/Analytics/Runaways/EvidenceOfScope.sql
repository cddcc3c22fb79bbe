SELECT
  toUnixTimestamp64Micro(min(start_time)), countIf(status = 'answered' AND bitAnd(flags, 128) != 0),
  arrayStringConcat(arraySlice(groupArray(concat(hex(trace_id), ':', toString(span_id))), 1, {ids:UInt32}), ','),
  if(uniqExact(project_id) = 1, toString(any(project_id)), ''), if(uniqExact(feature) = 1, toString(any(feature)), ''), if(uniqExact(user) = 1, any(user), ''), if(uniqExact(session) = 1, any(session), '')
FROM
(
  SELECT start_time, status, flags, trace_id, span_id, project_id, feature, user, session
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND {{column}} = {value:String}
    AND start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
  ORDER BY start_time DESC
  LIMIT 10000
)
