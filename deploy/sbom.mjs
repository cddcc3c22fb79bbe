// Writes the bill of materials of a build: every NuGet package of the projects under src/ and every npm package of the engines, as CycloneDX 1.6.
// From what the restore and the lock file say, so that it lists what is built in and asks nobody. Usage: node deploy/sbom.mjs FILE
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const json = (path) => JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
const hex = (base64) => Buffer.from(base64, 'base64').toString('hex');
const licences = (text) => (text ? (/ (OR|AND|WITH) /.test(text) ? [{ expression: text }] : [{ license: { id: text } }]) : []);

function nuspecLicence(folders, id, version) {
  for (const folder of folders) {
    const path = join(folder, id.toLowerCase(), version.toLowerCase(), `${id.toLowerCase()}.nuspec`);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    const expression = text.match(/<license type="expression">([^<]+)</)?.[1].trim();
    if (expression) return licences(expression);
    const file = text.match(/<license type="file">([^<]+)</)?.[1].trim();
    const url = text.match(/<licenseUrl>([^<]+)</)?.[1].trim();
    return file || url ? [{ license: { name: file ? `in the package: ${file}` : 'at its address', ...(url && !file ? { url } : {}) } }] : [];
  }
  return [];
}

/** What the restore of each project found: DIR/…/obj/project.assets.json. */
function restored(folder) {
  const own = join(folder, 'obj', 'project.assets.json');
  const below = readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['bin', 'obj', 'node_modules', 'wwwroot'].includes(entry.name)).flatMap((entry) => restored(join(folder, entry.name)));
  return existsSync(join(root, own)) ? [own, ...below] : below;
}

function nuget() {
  const found = new Map();
  const assets = [...restored('src'), ...restored('migrations')];
  if (assets.length === 0) throw new Error('Nothing is restored yet: build first.');
  for (const path of assets.sort()) {
    const { libraries, targets, packageFolders } = json(join(root, path));
    const folders = Object.keys(packageFolders);
    for (const target of Object.values(targets)) {
      for (const [key, library] of Object.entries(target)) {
        if (library.type !== 'package' || found.has(key)) continue;
        const [name, version] = key.split('/');
        found.set(key, {
          type: 'library', 'bom-ref': `pkg:nuget/${name}@${version}`, name, version, purl: `pkg:nuget/${name}@${version}`,
          hashes: [{ alg: 'SHA-512', content: hex(libraries[key].sha512) }], licenses: nuspecLicence(folders, name, version),
        });
      }
    }
  }
  return [...found.values()];
}

function npm() {
  const { packages } = json(join(root, 'engines', 'package-lock.json'));
  return Object.entries(packages).filter(([path]) => path).map(([path, entry]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${entry.version}`;
    const [algorithm, content] = (entry.integrity ?? '').split('-', 2);
    return {
      type: 'library', 'bom-ref': purl, name, version: entry.version, purl,
      hashes: content ? [{ alg: algorithm.replace(/^sha/, 'SHA-'), content: hex(content) }] : [], licenses: licences(entry.license),
    };
  });
}

const version = readFileSync(join(root, 'Directory.Build.props'), 'utf8').match(/<Version>([^<]+)</)[1];
const components = [...nuget(), ...npm()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
// The same build gives the same file: its serial number follows from what it lists.
const digest = createHash('sha256').update(JSON.stringify([version, components])).digest('hex');
const serial = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
const product = { type: 'application', 'bom-ref': `finops-for-ai@${version}`, name: 'FinOps for AI', version, licenses: licences('Apache-2.0') };
const target = process.argv[2];
writeFileSync(target, JSON.stringify({
  bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${serial}`, version: 1, metadata: { component: product }, components,
  dependencies: [{ ref: product['bom-ref'], dependsOn: components.map((component) => component['bom-ref']) }],
}, null, 2) + '\n');
const unnamed = components.filter((component) => component.licenses.length === 0).length;
console.log(`${components.length} packages in ${target}; ${unnamed} of them name no licence`);
