-- All tenants: how large the tables are altogether. Reads what the server says of its parts, no tenant's rows.
SELECT table, sum(rows) AS all_rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY table
