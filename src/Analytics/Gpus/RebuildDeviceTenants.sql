-- All tenants: which have samples of GPUs or inference servers. Each is then rated apart.
SELECT DISTINCT tenant_id
FROM device_cell_changes
