SELECT
  {{name}} AS name, count() AS changed, sum(old_cost) AS old_sum, sum(new_cost) AS new_sum,
  countIf(bitAnd(old_flags, {unpriced:UInt32}) != 0 AND bitAnd(new_flags, {unpriced:UInt32}) = 0),
  countIf(bitAnd(old_flags, {unpriced:UInt32}) = 0 AND bitAnd(new_flags, {unpriced:UInt32}) != 0)
FROM call_reratings FINAL
WHERE tenant_id = {tenant:UUID} AND rerating_id = {rerating:UUID} AND {{slice}}
GROUP BY name
ORDER BY {{order}}
LIMIT {limit:UInt32}
