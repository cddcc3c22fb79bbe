-- The old cost again, as a further version of each row that still has the new one, whatever settling has changed of its tags since.
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
  SELECT start_time AS found_start, trace_id AS found_trace, span_id AS found_span, old_provider, old_cost, old_flags, old_price_id, old_book_version, new_provider, new_cost, new_book_version
  FROM call_reratings FINAL
  WHERE tenant_id = {tenant:UUID} AND rerating_id = {rerating:UUID} AND {{slice}}
) AS found
ON stored.trace_id = found.found_trace AND stored.span_id = found.found_span AND stored.start_time = found.found_start
  AND stored.book_version = found.new_book_version AND stored.cost = found.new_cost AND stored.provider = found.new_provider
