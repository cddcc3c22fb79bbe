-- Whole days without their hours, and users without their teams: most questions tell neither apart, and read a twentieth or a quarter of the rows.
-- Of the generations that roll_up_days publishes, like the tables that they are summed up from.
CREATE TABLE IF NOT EXISTS roll_up_spend_days
(
    tenant_id UUID,
    day DateTime('UTC'),
    generation UInt64,
    project_id UUID,
    feature LowCardinality(String),
    team LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    endpoint LowCardinality(String),
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    requested_model LowCardinality(String),
    tier LowCardinality(String),
    cost Decimal(38, 12),
    calls UInt64,
    unpriced_calls UInt64,
    failed_calls UInt64,
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64,
    sampled_calls UInt64,
    left_out_calls Float64,
    left_out_cost Decimal(38, 12),
    left_out_variance Float64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, day, generation);

CREATE TABLE IF NOT EXISTS roll_up_customer_days
(
    tenant_id UUID,
    day DateTime('UTC'),
    generation UInt64,
    project_id UUID,
    team LowCardinality(String),
    customer LowCardinality(String),
    cost Decimal(38, 12),
    calls UInt64,
    unpriced_calls UInt64,
    failed_calls UInt64,
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64,
    sampled_calls UInt64,
    left_out_calls Float64,
    left_out_cost Decimal(38, 12),
    left_out_variance Float64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, day, generation);

CREATE TABLE IF NOT EXISTS roll_up_user_days
(
    tenant_id UUID,
    day DateTime('UTC'),
    generation UInt64,
    project_id UUID,
    customer LowCardinality(String),
    user String,
    cost Decimal(38, 12),
    calls UInt64,
    unpriced_calls UInt64,
    failed_calls UInt64,
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_write_tokens UInt64,
    output_tokens UInt64,
    reasoning_tokens UInt64,
    sampled_calls UInt64,
    left_out_calls Float64,
    left_out_cost Decimal(38, 12),
    left_out_variance Float64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant_id, day, generation, customer, user);

-- What is in force already stays in force. Emptied first, so that a migration that was cut off starts anew.
TRUNCATE TABLE roll_up_spend_days;

INSERT INTO roll_up_spend_days (tenant_id, day, generation, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier, cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, sampled_calls, left_out_calls, left_out_cost, left_out_variance)
SELECT tenant_id, day, generation, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier, sum(cost), sum(calls), sum(unpriced_calls), sum(failed_calls), sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens), sum(sampled_calls), sum(left_out_calls), sum(left_out_cost), sum(left_out_variance)
FROM roll_up_spend_hours
GROUP BY tenant_id, day, generation, project_id, feature, team, environment, service, endpoint, operation, provider, model, requested_model, tier;

TRUNCATE TABLE roll_up_customer_days;

INSERT INTO roll_up_customer_days (tenant_id, day, generation, project_id, team, customer, cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, sampled_calls, left_out_calls, left_out_cost, left_out_variance)
SELECT tenant_id, day, generation, project_id, team, customer, sum(cost), sum(calls), sum(unpriced_calls), sum(failed_calls), sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens), sum(sampled_calls), sum(left_out_calls), sum(left_out_cost), sum(left_out_variance)
FROM roll_up_customer_hours
GROUP BY tenant_id, day, generation, project_id, team, customer;

TRUNCATE TABLE roll_up_user_days;

INSERT INTO roll_up_user_days (tenant_id, day, generation, project_id, customer, user, cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, sampled_calls, left_out_calls, left_out_cost, left_out_variance)
SELECT tenant_id, day, generation, project_id, customer, user, sum(cost), sum(calls), sum(unpriced_calls), sum(failed_calls), sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens), sum(sampled_calls), sum(left_out_calls), sum(left_out_cost), sum(left_out_variance)
FROM roll_up_people_days
GROUP BY tenant_id, day, generation, project_id, customer, user;
