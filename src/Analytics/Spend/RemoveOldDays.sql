-- All tenants. A generation is old when a newer one has been in force for longer than any question takes; rows that a crash left unpublished go the same way.
DELETE FROM {{table}}
WHERE (tenant_id, day, generation) IN
(
  SELECT built.tenant_id, built.day, built.generation
  FROM (SELECT DISTINCT tenant_id, day, generation FROM {{table}}) AS built
  INNER JOIN
  (
    SELECT tenant_id, day, max(generation) AS in_force
    FROM roll_up_days
    WHERE built_at < now64(6, 'UTC') - toIntervalMinute({keepMinutes:UInt32})
    GROUP BY tenant_id, day
  ) AS published ON built.tenant_id = published.tenant_id AND built.day = published.day
  WHERE built.generation < published.in_force
  LIMIT {limit:UInt32}
)
