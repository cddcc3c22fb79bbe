-- A new version of each row that is still as the preview saw it: the version after that one. Settling gives versions from the clock, far above, so that what it writes meanwhile stays the truth;
-- written twice it is the same row.
INSERT INTO calls ({{columns}})
SELECT {{values}}
FROM
(
  SELECT {{columns}}
  FROM calls FINAL
  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND {{slice}}
    AND (toStartOfFifteenMinutes(start_time), trace_id, span_id) IN
      (SELECT toStartOfFifteenMinutes(start_time), trace_id, span_id FROM call_reratings WHERE tenant_id = {tenant:UUID} AND rerating_id = {rerating:UUID} AND {{slice}})
) AS stored
INNER JOIN
(
  SELECT start_time AS found_start, trace_id AS found_trace, span_id AS found_span, seen_version, new_provider, new_cost, new_flags, new_price_id, new_book_version
  FROM call_reratings FINAL
  WHERE tenant_id = {tenant:UUID} AND rerating_id = {rerating:UUID} AND {{slice}}
) AS found
ON stored.trace_id = found.found_trace AND stored.span_id = found.found_span AND stored.start_time = found.found_start AND stored.version = found.seen_version
