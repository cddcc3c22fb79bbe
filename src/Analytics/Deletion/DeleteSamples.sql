ALTER TABLE call_samples DELETE WHERE tenant_id = {tenant:UUID} AND has({traces:Array(String)}, lower(hex(trace_id)))
