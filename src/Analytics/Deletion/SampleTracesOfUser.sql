-- Traces with samples in which any span names the user, also where calls inherit the name, and traces whose reports tell of the same calls.
WITH named AS
(
  SELECT trace_id FROM calls WHERE tenant_id = {tenant:UUID} AND user = {user:String}
  UNION DISTINCT
  SELECT trace_id FROM links WHERE tenant_id = {tenant:UUID} AND user = {user:String}
  UNION DISTINCT
  SELECT trace_id FROM vector_operations WHERE tenant_id = {tenant:UUID} AND user = {user:String}
)
SELECT lower(hex(trace_id)) AS trace, count() AS samples
FROM call_samples
WHERE tenant_id = {tenant:UUID} AND trace_id IN
(
  SELECT trace_id FROM named
  UNION DISTINCT
  SELECT call_trace_id FROM calls WHERE tenant_id = {tenant:UUID} AND trace_id IN (SELECT trace_id FROM named)
  UNION DISTINCT
  SELECT trace_id FROM calls WHERE tenant_id = {tenant:UUID} AND call_trace_id IN (SELECT trace_id FROM named)
)
GROUP BY trace
ORDER BY trace
LIMIT {limit:UInt32}
