SELECT toString(booked_on), toString(day), provider, model, meter, feature, team, customer, sum(quantity) AS all_quantity, sum(cost) AS all_cost
FROM closed_lines
WHERE tenant_id = {tenant:UUID} AND close_id = {close:UUID} AND is_correction
GROUP BY booked_on, day, provider, model, meter, feature, team, customer
ORDER BY closed_lines.booked_on DESC, closed_lines.day DESC, abs(all_cost) DESC, provider, model, meter, feature, team, customer
LIMIT {limit:UInt32}
