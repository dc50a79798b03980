// docs/reading-order.md leads through the whole source: every file of src stands in it exactly once, as a link at the beginning of a row.
//   node scripts/reading-order.mjs
import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';

const page = 'docs/reading-order.md';
const files = readdirSync('src', { recursive: true })
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.ts'));
const rows = [...readFileSync(page, 'utf8').matchAll(/^\| \[`(src\/[^`]+)`\]\(\.\.\/([^)]+)\) \|/gm)];

const seen = new Map();
const faults = [];
for (const [, name, target] of rows) {
  seen.set(name, (seen.get(name) ?? 0) + 1);
  if (name !== target) faults.push(`${page}: ${name} links to ${target}`);
}
for (const [name, times] of seen) {
  if (!files.includes(name)) faults.push(`${page}: there is no ${name}`);
  if (times > 1) faults.push(`${page}: ${name} stands there ${times} times`);
}
for (const name of files) if (!seen.has(name)) faults.push(`${page}: ${name} is missing`);

for (const fault of faults.sort()) console.error(fault);
console.log(`${files.length} files, ${rows.length} rows, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
