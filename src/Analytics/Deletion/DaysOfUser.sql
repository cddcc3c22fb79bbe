-- Days of UTC whose sums name the user.
SELECT DISTINCT toUInt32(toUnixTimestamp(day))
FROM roll_up_people_days
WHERE tenant_id = {tenant:UUID} AND user = {user:String}
