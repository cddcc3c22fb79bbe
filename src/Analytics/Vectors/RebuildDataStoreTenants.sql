-- All tenants: which have samples of vector databases or buckets, or operations. Each is then rated apart.
SELECT DISTINCT tenant_id
FROM data_store_cell_changes
