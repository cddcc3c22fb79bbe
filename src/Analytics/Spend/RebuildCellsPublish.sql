INSERT INTO roll_up_cells (tenant_id, cell, generation, changes)
SELECT {tenant:UUID}, toDateTime(cell_and_changes.1, 'UTC'), {generation:UInt64}, cell_and_changes.2
FROM (SELECT arrayJoin(arrayZip({cells:Array(UInt32)}, {changes:Array(UInt64)})) AS cell_and_changes)
