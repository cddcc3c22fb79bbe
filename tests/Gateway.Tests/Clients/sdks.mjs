// The vendors' SDKs as their users have them: only the address is the gateway's.
import assert from "node:assert/strict";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import Anthropic from "@anthropic-ai/sdk";
import AnthropicOld from "anthropic-sdk-0";

const address = process.env.GATEWAY;
const apiKey = process.env.GATEWAY_KEY;
const messages = [{ role: "user", content: "hi" }];

const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey, defaultHeaders: { "x-finops-feature": "sdk" } });
const chat = await openai.chat.completions.create({ model: "gpt-4o-mini", messages });
assert.match(chat.choices[0].message.content, /^Grüße/);
assert.ok(chat.usage.prompt_tokens > 100);

let text = "";
for await (const chunk of await openai.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true })) {
  assert.ok(!("usage" in chunk), "usage that was not asked for");
  text += chunk.choices[0].delta.content ?? "";
}
assert.equal(text, "Grüße aus 東京 🙂");

let usage;
for await (const chunk of await openai.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true, stream_options: { include_usage: true } })) usage = chunk.usage ?? usage;
assert.ok(usage.total_tokens > 130);

const response = await openai.responses.create({ model: "gpt-4o-mini", input: "hi" });
assert.equal(response.output_text, "Hello");
const kinds = [];
for await (const event of await openai.responses.create({ model: "gpt-4o-mini", input: "hi", stream: true })) kinds.push(event.type);
assert.equal(kinds.at(-1), "response.completed");
const embeddings = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a"] });
assert.equal(embeddings.data[0].embedding[0], 1);
assert.equal((await openai.models.list()).data[0].id, "gpt-4o-mini");
await assert.rejects(openai.chat.completions.create({ model: "rate-limited", messages }, { maxRetries: 0 }), OpenAI.RateLimitError);
await assert.rejects(new OpenAI({ baseURL: `${address}/v1`, apiKey: "wrong" }).models.list(), OpenAI.AuthenticationError);

const file = await openai.files.create({ file: await toFile(Buffer.from("{}\n"), "a.jsonl"), purpose: "batch" });
const batch = await openai.batches.create({ input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" });
assert.equal((await openai.batches.retrieve(batch.id)).usage.total_tokens, 1050);

const azure = new AzureOpenAI({ endpoint: `${address}/azure`, apiKey, apiVersion: "2026-01-01", deployment: "mini" });
assert.match((await azure.chat.completions.create({ model: "mini", messages })).choices[0].message.content, /^Grüße/);
// Google's endpoint that speaks OpenAI's API, and any other host that does.
const gemini = new OpenAI({ baseURL: `${address}/gemini`, apiKey });
assert.match((await gemini.chat.completions.create({ model: "gemini-3-flash", messages })).choices[0].message.content, /^Grüße/);

for (const Sdk of [Anthropic, AnthropicOld]) {
  const anthropic = new Sdk({ baseURL: address, apiKey, maxRetries: 0 });
  const ask = { model: "claude-haiku-4-5", max_tokens: 64, messages };
  const message = await anthropic.messages.create(ask);
  assert.equal(message.content[0].text, "Hello");
  assert.ok(message.usage.cache_read_input_tokens > 100);
  const final = await anthropic.messages.stream(ask).finalMessage();
  assert.equal(final.stop_reason, "end_turn");
  assert.equal((await anthropic.messages.countTokens({ model: "claude-haiku-4-5", messages })).input_tokens, 12);
  const made = await anthropic.messages.batches.create({ requests: [{ custom_id: "a", params: ask }] });
  const results = [];
  for await (const one of await anthropic.messages.batches.results(made.id)) results.push(one.result.message.content[0].text);
  assert.deepEqual(results, ["Hello"]);
  await assert.rejects(anthropic.messages.create({ ...ask, model: "overloaded" }), (error) => error.status === 529);
  await assert.rejects(new Sdk({ baseURL: address, apiKey: "wrong", maxRetries: 0 }).messages.create(ask), (error) => error.status === 401);
}
console.log("fine");
