SELECT
  roundDown(toUnixTimestamp(cell), {periods:Array(UInt32)}) AS period,
  {{column}} NOT IN {members:Array(String)} AS is_other,
  if(is_other, '', toString({{column}})) AS member,
  {{sums}}
FROM {{source}}
GROUP BY period, is_other, member
