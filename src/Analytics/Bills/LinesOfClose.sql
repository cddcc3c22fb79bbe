SELECT toString(booked_on), toString(day), provider, model, meter, feature, team, customer, sum(quantity) AS all_quantity, sum(cost) AS all_cost
FROM closed_lines
WHERE tenant_id = {tenant:UUID} AND close_id = {close:UUID} AND is_correction = {corrections:UInt8} AND (is_correction OR entry_id = {entry:UUID})
  AND if(is_correction, booked_on, day) >= toDate({from:String}) AND if(is_correction, booked_on, day) < toDate({to:String})
GROUP BY booked_on, day, provider, model, meter, feature, team, customer
ORDER BY closed_lines.booked_on, closed_lines.day, provider, model, meter, feature, team, customer
