INSERT INTO roll_up_days (tenant_id, day, generation, changes)
SELECT {tenant:UUID}, toDateTime(day_and_changes.1, 'UTC'), {generation:UInt64}, day_and_changes.2
FROM (SELECT arrayJoin(arrayZip({cells:Array(UInt32)}, {changes:Array(UInt64)})) AS day_and_changes)
