// An answer that no model gave has the form that the SDKs expect.
import assert from "node:assert/strict";
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";

const address = process.env.GATEWAY;
const apiKey = process.env.GATEWAY_KEY;
const messages = [{ role: "user", content: "hi" }];
const expected = "Grüße 🙂";

const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey });
assert.equal((await openai.chat.completions.create({ model: "gpt-4o", messages })).choices[0].message.content, expected);
let text = "";
for await (const chunk of await openai.chat.completions.create({ model: "gpt-4o", messages, stream: true })) text += chunk.choices[0].delta.content ?? "";
assert.equal(text, expected);
assert.equal((await openai.responses.create({ model: "gpt-4o", input: "hi" })).output_text, expected);
assert.equal((await openai.responses.stream({ model: "gpt-4o", input: "hi" }).finalResponse()).output_text, expected);

const anthropic = new Anthropic({ baseURL: address, apiKey });
assert.equal((await anthropic.messages.create({ model: "claude-haiku-4-5", max_tokens: 9, messages })).content[0].text, expected);
assert.equal((await anthropic.messages.stream({ model: "claude-haiku-4-5", max_tokens: 9, messages }).finalMessage()).content[0].text, expected);
console.log("fine");
