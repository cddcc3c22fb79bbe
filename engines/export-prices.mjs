// Writes the public price catalogue as compact JSON, one model on a line, so that a new version shows a readable difference.
// Run after `npm ci` in this folder:  node export-prices.mjs ../src/Analytics/Prices/catalogue-<version>.json   (or `-` for standard output)
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const packageName = '@pydantic/genai-prices'
const target = process.argv[2]
if (!target) {
  console.error('usage: node export-prices.mjs FILE|-')
  process.exit(2)
}

const resolved = createRequire(join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), 'package.json')).resolve(packageName)
const packageRoot = dirname(dirname(resolved))
const { version, license } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
const notice = readFileSync(join(packageRoot, 'LICENSE'), 'utf8').trim()
const { waitForUpdate } = await import(pathToFileURL(join(packageRoot, 'dist', 'index.js')))
const providers = await waitForUpdate() // the bundled catalogue; nothing is fetched

// A few prices carry the noise of binary fractions (0.18000000000000002): 15 significant digits hold every price that a vendor prints.
const clean = (price) => Number(price.toPrecision(15))

// A number, or [[more than this many input tokens, price], …] with the base price first.
const meter = (price) =>
  typeof price === 'number' ? clean(price) : [[0, clean(price.base)], ...price.tiers.map((t) => [t.start, clean(t.price)])].sort((a, b) => a[0] - b[0])

const utcTime = (text) => {
  const found = /^(\d{2}:\d{2}:\d{2})Z$/.exec(text)
  if (!found) throw new Error(`a time of day that is not UTC: ${text}`)
  return found[1]
}

// The package keeps one list in which the last entry that applies wins. Here each dated entry gets its end, and a window of the day stays a window.
function priceSets(prices) {
  const list = Array.isArray(prices) ? prices : [{ prices }]
  const dated = list.filter((e) => !e.constraint || e.constraint.type === 'start_date')
  const sets = dated.map((e, i) => ({
    ...(e.constraint ? { from: e.constraint.start_date } : {}),
    ...(i + 1 < dated.length ? { to: dated[i + 1].constraint.start_date } : {}),
    meters: Object.fromEntries(Object.entries(e.prices).map(([k, v]) => [k, meter(v)])),
  }))
  for (const e of list.filter((x) => x.constraint?.type === 'time_of_date'))
    sets.push({
      start: utcTime(e.constraint.start_time),
      end: utcTime(e.constraint.end_time),
      meters: Object.fromEntries(Object.entries(e.prices).map(([k, v]) => [k, meter(v)])),
    })
  return sets
}

const model = (m) =>
  JSON.stringify({
    id: m.id,
    ...(m.name && m.name !== m.id ? { name: m.name } : {}),
    match: m.match,
    ...(m.context_window ? { window: m.context_window } : {}),
    ...(m.deprecated ? { deprecated: true } : {}),
    prices: priceSets(m.prices),
  })

const provider = (p) => {
  const head = JSON.stringify({
    id: p.id,
    name: p.name,
    ...(p.provider_match ? { provider_match: p.provider_match } : {}),
    ...(p.model_match ? { model_match: p.model_match } : {}),
    ...(p.fallback_model_providers ? { fallback: p.fallback_model_providers } : {}),
  })
  return `${head.slice(0, -1)},"models":[\n${p.models.map(model).join(',\n')}\n]}`
}

const head = JSON.stringify({ format: 1, source: packageName, version, license, notice })
const text = `${head.slice(0, -1)},"providers":[\n${providers.map(provider).join(',\n')}\n]}\n`
if (target === '-') process.stdout.write(text)
else writeFileSync(target, text)
