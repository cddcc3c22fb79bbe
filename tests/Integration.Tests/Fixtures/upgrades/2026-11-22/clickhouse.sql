-- 240 calls of one organisation in ten days, and three of its neighbour: tables as migration 0005 left them. Cost and tokens are whole numbers, so that their sums can be written down.
INSERT INTO calls (tenant_id, project_id, trace_id, span_id, parent_span_id, start_time, duration_us, operation, provider, requested_model, served_model, response_id, status,
    input_fresh, output_text, told, usage_source, feature, user, team, customer, environment, service, cost, price_id, role, call_trace_id, call_span_id, version)
SELECT
    toUUID('11111111-1111-7111-8111-111111111111'), toUUID('11111111-1111-7111-8111-1111111111aa'), unhex(leftPad(hex(number + 1), 32, '0')), number + 1, 0,
    toStartOfDay(now64(6, 'UTC')) - toIntervalDay(1 + number % 10) + toIntervalMinute(5 * number), 1000000, 'chat', 'openai', 'gpt-4o', 'gpt-4o', concat('resp_', toString(number)), 'answered',
    100, 10, 3, 'reported', concat('feature-', toString(number % 3)), concat('user-', toString(number % 40)), concat('team-', toString(number % 2)), concat('customer-', toString(number % 5)), 'production', 'older-service',
    2, 1, 'call', unhex(leftPad(hex(number + 1), 32, '0')), number + 1, 0
FROM numbers(240);
INSERT INTO calls (tenant_id, project_id, trace_id, span_id, parent_span_id, start_time, operation, provider, requested_model, served_model, status, input_fresh, output_text, told, usage_source, feature, cost, price_id, role, call_trace_id, call_span_id, version)
SELECT
    toUUID('22222222-2222-7222-8222-222222222222'), toUUID('22222222-2222-7222-8222-2222222222aa'), unhex(leftPad(hex(number + 1), 32, '0')), number + 1, 0,
    toStartOfDay(now64(6, 'UTC')) - toIntervalDay(2), 'chat', 'openai', 'gpt-4o', 'gpt-4o', 'answered', 7, 1, 3, 'reported', 'secret', 5, 1, 'call', unhex(leftPad(hex(number + 1), 32, '0')), number + 1, 0
FROM numbers(3);
-- Roll-ups of the days before the last five, as that release built them; the others' cells are pending.
INSERT INTO roll_up_spend
SELECT tenant_id, toStartOfFifteenMinutes(start_time) AS cell, 1, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model,
    sum(cost), count(), countIf(price_id = 0), countIf(status = 'failed'), sum(input_fresh), 0, 0, sum(output_text), 0
FROM calls WHERE start_time < toStartOfDay(now('UTC')) - toIntervalDay(5)
GROUP BY tenant_id, cell, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model;
INSERT INTO roll_up_people
SELECT tenant_id, toStartOfFifteenMinutes(start_time) AS cell, 1, project_id, team, customer, user,
    sum(cost), count(), countIf(price_id = 0), countIf(status = 'failed'), sum(input_fresh), 0, 0, sum(output_text), 0
FROM calls WHERE start_time < toStartOfDay(now('UTC')) - toIntervalDay(5)
GROUP BY tenant_id, cell, project_id, team, customer, user;
INSERT INTO roll_up_cells (tenant_id, cell, generation, changes)
SELECT tenant_id, cell, 1, sum(changes) FROM cell_changes WHERE cell < toStartOfDay(now('UTC')) - toIntervalDay(5) GROUP BY tenant_id, cell;
