-- The user's cells that are not closed count as written to, so that they are summed up anew without the calls that are gone.
INSERT INTO cell_changes (tenant_id, cell, changes, changed_at)
SELECT {tenant:UUID}, cell, 1, now64(6, 'UTC')
FROM roll_up_people
WHERE tenant_id = {tenant:UUID} AND user = {user:String} AND cell >= toDateTime({closed:UInt32}, 'UTC')
GROUP BY cell
