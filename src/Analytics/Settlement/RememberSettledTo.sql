INSERT INTO settle_progress (singleton, settled_to)
SELECT 1, fromUnixTimestamp64Micro({settledTo:Int64}, 'UTC')
