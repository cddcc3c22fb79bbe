ALTER TABLE {{table}} DELETE WHERE tenant_id = {tenant:UUID}
