-- All tenants. A generation is old when a newer one has been in force for longer than any question takes; rows that a crash left unpublished go the same way.
DELETE FROM {{table}}
WHERE (tenant_id, cell, generation) IN
(
  SELECT built.tenant_id, built.cell, built.generation
  FROM (SELECT DISTINCT tenant_id, cell, generation FROM {{table}}) AS built
  INNER JOIN
  (
    SELECT tenant_id, cell, max(generation) AS in_force
    FROM data_store_cells
    WHERE built_at < now64(6, 'UTC') - toIntervalMinute({keepMinutes:UInt32})
    GROUP BY tenant_id, cell
  ) AS published ON built.tenant_id = published.tenant_id AND built.cell = published.cell
  WHERE built.generation < published.in_force
  LIMIT {limit:UInt32}
)
