// Prices usages with the public price function itself. Standard input: one JSON object on a line, {provider, model, at, usage};
// standard output: the total in USD on a line, or the error's text in quotes.   node price-usages.mjs ENGINES_FOLDER
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const main = createRequire(join(process.argv[2], 'package.json')).resolve('@pydantic/genai-prices')
const { calcPrice } = await import(pathToFileURL(join(dirname(main), 'index.js')))
for await (const line of createInterface({ input: process.stdin })) {
  const { provider, model, at, usage } = JSON.parse(line)
  try {
    const price = calcPrice(usage, model, { providerId: provider, timestamp: new Date(at) })
    console.log(price === null ? 'null' : String(price.total_price))
  } catch (e) {
    console.log(JSON.stringify(String(e.message)))
  }
}
