// The package as a stranger would get it: every subpath has its face, its place in typedoc.json and its built files and loads.
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const { exports, bin } = read('package.json');
const { entryPoints } = read('typedoc.json');
const faults = [];

/** The types of IKEv2's payloads are inferred from their declarations, which carry the documentation (and those of IKEv1 likewise); typedoc asks for it at every inferred member. */
const withoutPage = ['src/ike.ts', 'src/ikev1.ts'];

const faces = Object.entries(exports)
  .filter(([, target]) => target.default)
  .map(([sub, target]) => ({ sub, target, face: target.default.replace('./dist/', 'src/').replace(/js$/, 'ts') }));
for (const { sub, target, face } of faces) {
  if (sub.includes('*')) faults.push(`exports ${sub}: one explicit line per subpath, no wildcard`);
  if (Object.keys(target)[0] !== 'types') faults.push(`exports ${sub}: "types" comes first`);
  for (const file of [face, target.default, target.types]) if (!existsSync(file)) faults.push(`exports ${sub}: ${file} is not there`);
  if (!entryPoints.includes(face) && !withoutPage.includes(face)) faults.push(`typedoc.json: entryPoints lack ${face}`);
}
for (const entry of entryPoints) if (!faces.some(({ face }) => face === entry)) faults.push(`typedoc.json: ${entry} is not exported`);
for (const file of Object.values(bin)) {
  if (!existsSync(file)) faults.push(`bin: ${file} is not there`);
  else if (!readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n'))
    faults.push(`bin: ${file} does not start with #!/usr/bin/env node`);
}
if (faults.length === 0) faults.push(...(await unloadable()));

for (const fault of faults) console.error(fault);
console.log(`${faces.length} subpaths, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function unloadable() {
  const results = await Promise.allSettled(faces.map(({ target }) => import(new URL(`../${target.default}`, import.meta.url))));
  return results.flatMap(({ status, reason }, i) =>
    status === 'rejected' ? [`exports ${faces[i].sub}: ${reason.message.split('\n')[0]}`] : [],
  );
}
