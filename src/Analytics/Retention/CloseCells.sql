INSERT INTO closed_cells (tenant_id, closed_until)
SELECT {tenant:UUID}, toDateTime({closedUntil:UInt32}, 'UTC')
