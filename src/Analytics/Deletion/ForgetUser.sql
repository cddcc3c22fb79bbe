ALTER TABLE {{table}} UPDATE {{assignments}} WHERE tenant_id = {tenant:UUID} AND user = {user:String}{{condition}}
