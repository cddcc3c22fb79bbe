-- All tenants: rows that each keeps no longer, by a cut-off of its own, in one mutation of the table. Physically gone when the mutation is done.
ALTER TABLE {{table}} DELETE
WHERE tenant_id IN {tenants:Array(UUID)}
  AND {{time}} < toDateTime(arrayElement({cutOffs:Array(UInt32)}, indexOf({tenants:Array(UUID)}, tenant_id)), 'UTC')
