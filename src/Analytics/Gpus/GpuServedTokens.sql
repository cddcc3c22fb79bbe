-- Rows of {tenant:UUID} alone: GpuStatement.InForce names it beside the range.
SELECT model, sum(prefill_seconds), sum(decode_seconds), sum(prompt_tokens) AS prompts, sum(generated_tokens) AS answers
FROM device_models
WHERE {{in_force}}
GROUP BY model
ORDER BY prompts + answers DESC, model
LIMIT {limit:UInt32}
