// What importing a subpath costs, minified and gzipped, and what must not be in it.
// size-limits.json: a line per subpath of `exports`, or `SUBPATH#NAME` for one named import of it:
//   { "gzip": octets, "forbidden": [regular expressions], "node": true where Node is allowed, "external": [peers that are not counted] }
// A subpath without a line fails: a new one needs a decision.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const { everywhere, ...limits } = JSON.parse(readFileSync('size-limits.json', 'utf8'));
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const subpaths = Object.keys(exports).filter((sub) => exports[sub].default);

const faults = [];
for (const sub of subpaths) if (!limits[sub]) faults.push(`${sub}: no line in size-limits.json`);
for (const [target, limit] of Object.entries(limits)) {
  const [sub, name] = target.split('#');
  if (!subpaths.includes(sub)) faults.push(`${target}: no such subpath in package.json`);
  else await check(target, name ? `export { ${name} } from '${exports[sub].default}'` : `export * from '${exports[sub].default}'`, limit);
}
for (const fault of faults) console.error(fault);
console.log(`${Object.keys(limits).length} bundles, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function check(target, source, { gzip: limit, forbidden = [], node = false, external = [] }) {
  const { outputFiles, metafile, errors } = await build({
    stdin: { contents: source, resolveDir: process.cwd() },
    bundle: true,
    external,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: node ? 'node' : 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
  }).catch((error) => error);
  if (!outputFiles) {
    faults.push(...errors.map((e) => `${target}: ${e.text}`));
    return;
  }
  const code = outputFiles[0].text;
  const gzip = gzipSync(code, { level: 9 }).length;
  console.log(`${target.padEnd(32)} ${String(code.length).padStart(7)} octets ${String(gzip).padStart(6)} gzipped, limit ${limit}`);
  if (gzip > limit) faults.push(`${target}: ${gzip} octets gzipped, limit ${limit}; most of it: ${largest(metafile)}`);
  for (const pattern of [...(node ? [] : everywhere), ...forbidden]) {
    const hit = new RegExp(pattern).exec(code);
    if (hit) faults.push(`${target}: contains what ${pattern} forbids: ${code.slice(Math.max(0, hit.index - 40), hit.index + 60)}`);
  }
}

function largest({ outputs }) {
  const inputs = Object.entries(Object.values(outputs)[0].inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  return inputs
    .slice(0, 5)
    .map(([file, { bytesInOutput }]) => `${file} ${bytesInOutput}`)
    .join(', ');
}
