// OpenAI's SDK asks for base64 and decodes it: what is kept has to come back as the provider wrote it.
import assert from "node:assert/strict";
import OpenAI from "openai";

const openai = new OpenAI({ baseURL: `${process.env.GATEWAY}/v1`, apiKey: process.env.GATEWAY_KEY, maxRetries: 0 });
const ask = async (input, options = {}) => (await openai.embeddings.create({ model: "text-embedding-3-small", input, ...options })).data.map((one) => [one.index, one.embedding.length, one.embedding[0]]);

const first = await ask(["one", "three", "seventeen"]);
assert.deepEqual(first.map((one) => one[2]), [5, 7, 11]);
const again = await ask(["seventeen", "two", "one"]);
assert.deepEqual(again.map((one) => [one[0], one[2]]), [[0, 11], [1, 5], [2, 5]]);
const kept = await ask("three");
assert.deepEqual(kept, [[0, 2, 7]]);
assert.deepEqual(await ask("three", { encoding_format: "float" }), [[0, 2, 7]]);
console.log("fine");
