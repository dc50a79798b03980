// What importing a subpath costs, minified and gzipped, and what must not be in it.
// size-limits.json: a line per subpath of `exports`, `SUBPATH#NAME` for one named import of it, or several of these with ` + ` between them:
//   { "gzip": octets, "forbidden": [regular expressions for its text], "without": [regular expressions for the modules that it is made of],
//     "node": true where Node is allowed, "external": [peers that are not counted] }
// A subpath without a line fails: a new one needs a decision. What is loaded later, by import(), does not count: who does not need it does not load it.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const { everywhere, ...limits } = JSON.parse(readFileSync('size-limits.json', 'utf8'));
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const subpaths = Object.keys(exports).filter((sub) => exports[sub].default);

const faults = [];
for (const sub of subpaths) if (!limits[sub]) faults.push(`${sub}: no line in size-limits.json`);
for (const [target, limit] of Object.entries(limits)) {
  const imports = target.split(' + ').map((one) => one.split('#'));
  const unknown = imports.filter(([sub]) => !subpaths.includes(sub));
  for (const [sub] of unknown) faults.push(`${target}: ${sub} is no subpath in package.json`);
  const lines = imports.map(([sub, name]) => `export ${name ? `{ ${name} }` : '*'} from '${exports[sub]?.default}';`);
  if (unknown.length === 0) await check(target, lines.join('\n'), limit);
}
for (const fault of faults) console.error(fault);
console.log(`${Object.keys(limits).length} bundles, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function check(target, source, { gzip: limit, forbidden = [], without = [], node = false, external = [] }) {
  const { outputFiles, metafile, errors } = await build({
    stdin: { contents: source, resolveDir: process.cwd() },
    bundle: true,
    external,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: node ? 'node' : 'browser',
    write: false,
    splitting: true,
    outdir: 'out',
    metafile: true,
    logLevel: 'silent',
  }).catch((error) => error);
  if (!outputFiles) {
    faults.push(...errors.map((e) => `${target}: ${e.text}`));
    return;
  }
  const parts = atOnce(metafile);
  const code = outputFiles
    .filter(({ path }) => parts.has(relative(process.cwd(), path).replaceAll('\\', '/')))
    .map(({ text }) => text)
    .join('\n');
  const gzip = gzipSync(code, { level: 9 }).length;
  console.log(`${target.padEnd(32)} ${String(code.length).padStart(7)} octets ${String(gzip).padStart(6)} gzipped, limit ${limit}`);
  if (gzip > limit) faults.push(`${target}: ${gzip} octets gzipped, limit ${limit}; most of it: ${largest(metafile, parts)}`);
  for (const pattern of [...(node ? [] : everywhere), ...forbidden]) {
    const hit = new RegExp(pattern).exec(code);
    if (hit) faults.push(`${target}: contains what ${pattern} forbids: ${code.slice(Math.max(0, hit.index - 40), hit.index + 60)}`);
  }
  const modules = [...parts]
    .flatMap((path) => Object.entries(metafile.outputs[path].inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  for (const pattern of without) {
    const [hit] = modules.find(([file]) => new RegExp(pattern).test(file)) ?? [];
    if (hit) faults.push(`${target}: ${hit} is in it, which ${pattern} forbids`);
  }
}

/** The pieces that are loaded at once: the first one, and what it imports by statements. */
function atOnce({ outputs }) {
  const parts = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === '<stdin>'));
  // It grows while it is read.
  for (const path of parts)
    for (const { path: next, kind } of outputs[path].imports) if (kind === 'import-statement' && next in outputs) parts.add(next);
  return parts;
}

function largest({ outputs }, parts) {
  const all = [...parts].flatMap((path) => Object.entries(outputs[path].inputs));
  const inputs = all.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  return inputs
    .slice(0, 5)
    .map(([file, { bytesInOutput }]) => `${file} ${bytesInOutput}`)
    .join(', ');
}
