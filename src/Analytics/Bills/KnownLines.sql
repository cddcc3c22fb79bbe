SELECT toString(day), provider, model, meter, feature, team, customer, sum(quantity) AS all_quantity, sum(cost) AS all_cost
FROM closed_lines
WHERE tenant_id = {tenant:UUID} AND close_id = {close:UUID} AND (entry_id = {entry:UUID} OR is_correction)
GROUP BY day, provider, model, meter, feature, team, customer
LIMIT {limit:UInt32}
