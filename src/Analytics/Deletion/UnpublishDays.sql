-- Their sums are no longer in force: such days are read by their cells, and summed up anew from these.
ALTER TABLE roll_up_days DELETE WHERE tenant_id = {tenant:UUID} AND has({days:Array(UInt32)}, toUInt32(toUnixTimestamp(day)))
