SELECT
  {{tags}}
  {{sums}}
FROM {{source}}
