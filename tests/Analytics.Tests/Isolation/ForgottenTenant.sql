SELECT DISTINCT toString(tenant_id) FROM calls
